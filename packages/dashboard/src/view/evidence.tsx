import type { InstanceView } from '@rollcall/gateway';
import type { JSX } from 'preact';
import { signsOf } from '../model/evidence.ts';
import type { Sign } from '../model/evidence.ts';
import { Mark } from './mark.tsx';

const NAMES: Record<Sign['kind'], string> = {
  presence: 'Presence',
  lease: 'Lease',
  probe: 'Probe',
  hearsay: 'Word',
};
const MEANINGS: Record<Sign['kind'], string> = {
  presence: 'Whether the broker sees its connection',
  lease: 'How long its announcement is good for unless it renews it',
  probe: 'How it answered when this gateway last asked it, or sent it a request',
  hearsay: 'Nothing but words speaks for it so far',
};

/** What it was last seen by. */
export function Evidence({
  instance,
  now,
}: {
  readonly instance: InstanceView;
  readonly now: number;
}): JSX.Element {
  return (
    <dl class="evidence">
      {signsOf(instance, now).map(({ kind, tone, text }) => (
        <div key={kind} title={MEANINGS[kind]}>
          <dt>{NAMES[kind]}</dt>
          <dd class={`number ${tone}`}>
            <Mark tone={tone} /> {text}
          </dd>
        </div>
      ))}
    </dl>
  );
}
