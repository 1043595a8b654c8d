import type { CallerView, StatusView } from '@rollcall/gateway';
import type { JSX } from 'preact';
import type { Model } from '../model/model.ts';
import { formatExactly, formatSpan } from '../model/time.ts';
import type { Tone } from '../model/tone.ts';
import { Mark } from './mark.tsx';
import { PathForm } from './path-form.tsx';
import { ThemeSwitch } from './theme-switch.tsx';
import { hrefOf } from './use-page.ts';
import type { Page } from './use-page.ts';

interface HeaderProps {
  readonly status: StatusView | undefined;
  readonly link: Model['link'];
  readonly now: number;
  readonly page: Page;
  /** Forgets the token of this tab. */
  readonly onSignOut: () => void;
}

export function Header({ status, link, now, page, onSignOut }: HeaderProps): JSX.Element {
  return (
    <header class="top">
      <a class="brand" href={hrefOf({ view: 'overview' })} aria-label="Rollcall, overview">
        Rollcall
      </a>
      {status !== undefined && <GatewayLink status={status} link={link} now={now} />}
      {status !== undefined && <PathForm path={page.view === 'explain' ? page.path : ''} />}
      {status !== undefined && (
        <a
          class="page-link"
          href={hrefOf({ view: 'audit' })}
          aria-current={page.view === 'audit' ? 'page' : undefined}
        >
          Audit log
        </a>
      )}
      {status?.caller.name !== undefined && (
        <SignedIn caller={status.caller} onSignOut={onSignOut} />
      )}
      <ThemeSwitch />
    </header>
  );
}

/** Whose token this tab uses. */
function SignedIn({
  caller: { name, scopes, expiresAt },
  onSignOut,
}: {
  readonly caller: CallerView;
  readonly onSignOut: () => void;
}): JSX.Element {
  const until = expiresAt === undefined ? '' : `, until ${formatExactly(expiresAt)}`;
  return (
    <p class="caller" title={`The token ${name} has the scopes ${scopes.join(', ')}${until}`}>
      <span class="mono">{name}</span>
      <button type="button" onClick={onSignOut}>
        Sign out
      </button>
    </p>
  );
}

const LINK_STATES: Record<StatusView['discovery']['state'], { tone: Tone; label: string }> = {
  connected: { tone: 'good', label: 'connected to the broker' },
  disconnected: { tone: 'warning', label: 'disconnected from the broker' },
  expired: { tone: 'bad', label: 'no valid table' },
};

/** The gateway's URL and its connection to the broker. */
function GatewayLink({
  status,
  link,
  now,
}: Pick<HeaderProps, 'link' | 'now'> & { status: StatusView }): JSX.Element {
  const { gateway, discovery } = status;
  const { tone, label } =
    link === 'lost' ? { tone: 'bad' as const, label: 'unreachable' } : LINK_STATES[discovery.state];
  const since = link === 'lost' ? '' : ` for ${formatSpan(now - discovery.since)}`;
  return (
    <p
      class="link"
      title={`${gateway.name}, channel ${gateway.channel} of the broker at ${gateway.server}`}
    >
      <Mark tone={tone} />
      <span class="mono">{gateway.url.replace('http://', '')}</span>{' '}
      <span class="muted">
        {label}
        {since}
      </span>
    </p>
  );
}
