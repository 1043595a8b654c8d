import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { ServiceGroup } from '../model/services.ts';
import { perSecond, rate } from '../model/traffic.ts';
import { InstanceRow } from './instance-row.tsx';
import { Mark } from './mark.tsx';
import type { Drain } from './use-drain.ts';
import { hrefOf } from './use-place.ts';

interface ServiceProps {
  readonly group: ServiceGroup;
  readonly now: number;
  readonly drain: Drain;
}

/** More are shown when they are asked for: ten thousand rows would stop the browser. */
const SHOWN = 30;

/** A prefix and its instances. */
export function Service({ group, now, drain }: ServiceProps): JSX.Element {
  const [most, setMost] = useState(SHOWN);
  const { prefix, names, instances, tone, summary } = group;
  // Of those that are not shown it is not asked for.
  const pace = instances.length <= most ? perSecond(instances) : undefined;
  const hidden = instances.length - most;
  return (
    <section class="service" aria-label={prefix || '/'}>
      <header>
        <h2 class="mono">{prefix || '/'}</h2>
        {names.length > 0 && <span class="names">{names.join(', ')}</span>}
        <span class={`verdict ${tone}`}>
          <Mark tone={tone} /> {summary}
        </span>
        {pace !== undefined && <span class="muted number">{rate(pace)} requests/s</span>}
        <a class="why-link" href={hrefOf({ view: 'why', path: prefix || '/' })}>
          Why?
        </a>
      </header>
      <ul>
        {instances.slice(0, most).map((instance) => (
          <InstanceRow key={instance.key} instance={instance} now={now} drain={drain} />
        ))}
      </ul>
      {hidden > 0 && (
        <button class="more" type="button" onClick={() => setMost(most + 10 * SHOWN)}>
          Show {Math.min(hidden, 10 * SHOWN)} of {hidden.toLocaleString('en')} more
        </button>
      )}
    </section>
  );
}
