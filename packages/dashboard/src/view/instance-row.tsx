import type { InstanceView } from '@rollcall/gateway';
import type { JSX } from 'preact';
import { placeOf } from '../model/place.ts';
import { standingOf } from '../model/standing.ts';
import { exactly, span } from '../model/time.ts';
import { Evidence } from './evidence.tsx';
import { Mark } from './mark.tsx';
import { TrafficCharts } from './traffic-charts.tsx';
import { useWatched } from './use-watched.ts';
import type { Drain } from './use-drain.ts';

interface InstanceRowProps {
  readonly instance: InstanceView;
  readonly now: number;
  readonly drain: Drain;
}

export function InstanceRow({ instance, now, drain }: InstanceRowProps): JSX.Element {
  const { key, announcement, isDrained, since, traffic } = instance;
  const { tone, word, meaning } = standingOf(instance);
  const place = placeOf(announcement);
  const [host, port] = [
    place.slice(0, place.lastIndexOf(':')),
    place.slice(place.lastIndexOf(':')),
  ];
  const isBusy = drain.busy === key;
  return (
    <li ref={useWatched(key)} class={`instance ${tone}`}>
      <div class="state" title={meaning}>
        <span class={`word ${tone}`}>
          <Mark tone={tone} /> {word}
        </span>
        <span class="muted number" title={`since ${exactly(since)}`}>
          {span(now - since)} old
        </span>
      </div>
      <div class="where">
        <span class="mono">
          {host}
          <wbr />
          {port}
        </span>
        <span class="muted" title={key}>
          {aboutOf(instance)}
        </span>
      </div>
      <Evidence instance={instance} now={now} />
      <TrafficCharts traffic={traffic} />
      <button
        class="drain"
        type="button"
        aria-busy={isBusy}
        aria-label={`${isDrained ? 'Undrain' : 'Drain'} ${place}`}
        title={isDrained ? 'Send it requests again' : 'Have this gateway send it nothing new'}
        onClick={() => drain.ask(instance)}
      >
        {isDrained ? 'Undrain' : 'Drain'}
      </button>
    </li>
  );
}

/** What people know it by, besides its address. */
function aboutOf({ key, announcement }: InstanceView): string {
  const { version, zone, host, id, weight } = announcement;
  const words = [
    host,
    version === undefined ? undefined : `v${version}`,
    zone,
    weight === undefined || weight === 1 ? undefined : `weight ${weight}`,
    id === undefined ? 'legacy' : key.slice(0, 8),
  ];
  return words.filter((word) => word !== undefined).join(' · ');
}
