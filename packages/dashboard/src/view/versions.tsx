import type { VersionView } from '@rollcall/gateway';
import type { JSX } from 'preact';
import { decideVersion } from '../model/admin-action.ts';
import { versionLine } from '../model/version.ts';
import { ActionButton } from './action-button.tsx';
import { Mark } from './mark.tsx';
import type { AdminActions } from './use-admin-actions.ts';

interface VersionsProps {
  readonly prefix: string;
  readonly versions: readonly VersionView[];
  readonly actions: AdminActions;
}

/** How the versions of a service share its requests, and why. */
export function Versions({ prefix, versions, actions }: VersionsProps): JSX.Element {
  return (
    <ul class="versions" aria-label="versions">
      {versions.map((version) => (
        <Version key={version.version} prefix={prefix} version={version} actions={actions} />
      ))}
    </ul>
  );
}

interface VersionProps extends Pick<VersionsProps, 'prefix' | 'actions'> {
  readonly version: VersionView;
}

function Version({ prefix, version, actions }: VersionProps): JSX.Element {
  const { name, tone, label, share, why, figures } = versionLine(version);
  const decisions = version.state === 'accepted' ? [] : (['Promote', 'Hold', 'Reset'] as const);
  const offered = decisions.filter(
    (each) => each !== (version.state === 'held' ? 'Hold' : 'Reset'),
  );
  return (
    <li class={`version ${tone}`}>
      <span class="mono">{name}</span>
      <span class={`word ${tone}`}>
        <Mark tone={tone} /> {label}
      </span>
      <span class="number">{share === undefined ? '' : `${share} of requests`}</span>
      <span class="why">{why}</span>
      <span class="decisions">
        {offered.map((decision) => (
          <ActionButton
            key={decision}
            action={decideVersion(prefix, version.version, decision)}
            actions={actions}
          />
        ))}
      </span>
      {figures !== undefined && (
        <dl class="figures">
          {figures.map((figure) => (
            <div key={figure.name}>
              <dt>{figure.name}</dt>
              <dd class="number">
                {figure.own} <span class="muted">old {figure.old}</span>
              </dd>
            </div>
          ))}
        </dl>
      )}
    </li>
  );
}
