import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { forgetService } from '../model/admin-action.ts';
import type { ServiceGroup } from '../model/services.ts';
import { requestsPerSecond, formatRate } from '../model/traffic.ts';
import { ActionButton } from './action-button.tsx';
import { InstanceRow } from './instance-row.tsx';
import { Mark } from './mark.tsx';
import type { AdminActions } from './use-admin-actions.ts';
import { hrefOf } from './use-page.ts';
import { Versions } from './versions.tsx';

interface ServiceProps {
  readonly group: ServiceGroup;
  readonly now: number;
  readonly actions: AdminActions;
}

/** How many rows are shown at first: ten thousand would make the browser hang. */
const FIRST = 30;

/** A prefix with its instances. */
export function Service({ group, now, actions }: ServiceProps): JSX.Element {
  const [max, setMax] = useState(FIRST);
  const { prefix, names, instances, versions, tone, summary, isDown } = group;
  // The traffic of hidden rows is not fetched.
  const perSecond = instances.length <= max ? requestsPerSecond(instances) : undefined;
  const hidden = instances.length - max;
  return (
    <section class="service" aria-label={prefix || '/'}>
      <header>
        <h2 class="mono">{prefix || '/'}</h2>
        {names.length > 0 && <span class="names">{names.join(', ')}</span>}
        <span class={`verdict ${tone}`}>
          <Mark tone={tone} /> {summary}
        </span>
        {perSecond !== undefined && (
          <span class="muted number">{formatRate(perSecond)} requests/s</span>
        )}
        <a class="explain-link" href={hrefOf({ view: 'explain', path: prefix || '/' })}>
          Explain
        </a>
        {isDown && <ActionButton action={forgetService(prefix)} actions={actions} />}
      </header>
      {versions.length > 0 && <Versions prefix={prefix} versions={versions} actions={actions} />}
      <ul>
        {instances.slice(0, max).map((instance) => (
          <InstanceRow key={instance.key} instance={instance} now={now} actions={actions} />
        ))}
      </ul>
      {hidden > 0 && (
        <button class="more" type="button" onClick={() => setMax(max + 10 * FIRST)}>
          Show {Math.min(hidden, 10 * FIRST)} of {hidden.toLocaleString('en')} more
        </button>
      )}
    </section>
  );
}
