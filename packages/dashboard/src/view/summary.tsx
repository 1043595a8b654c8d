import type { InstanceView } from '@rollcall/gateway';
import type { JSX } from 'preact';

interface SummaryProps {
  readonly instances: readonly InstanceView[];
  readonly services: number;
}

/** All of it in one line. */
export function Summary({ instances, services }: SummaryProps): JSX.Element {
  const unwell = instances.filter(({ status }) => status !== 'healthy').length;
  const parts = [
    count(services, 'service'),
    count(instances.length, 'instance'),
    ...(instances.length === 0 ? [] : [unwell === 0 ? 'each of them up' : `${unwell} not up`]),
  ];
  return <p class="muted">{parts.join(' · ')}</p>;
}

function count(number: number, what: string): string {
  return `${number.toLocaleString('en')} ${what}${number === 1 ? '' : 's'}`;
}
