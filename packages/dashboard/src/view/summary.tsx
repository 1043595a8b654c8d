import type { InstanceView } from '@rollcall/gateway';
import type { JSX } from 'preact';

interface SummaryProps {
  readonly instances: readonly InstanceView[];
  readonly services: number;
}

/** The whole table in one line. */
export function Summary({ instances, services }: SummaryProps): JSX.Element {
  const unhealthy = instances.filter(({ state }) => state !== 'healthy').length;
  const parts = [
    count(services, 'service'),
    count(instances.length, 'instance'),
    ...(instances.length === 0
      ? []
      : [unhealthy === 0 ? 'all healthy' : `${unhealthy} not healthy`]),
  ];
  return <p class="muted">{parts.join(' · ')}</p>;
}

function count(number: number, noun: string): string {
  return `${number.toLocaleString('en')} ${noun}${number === 1 ? '' : 's'}`;
}
