import type { InstanceView } from '@rollcall/gateway';
import type { JSX } from 'preact';
import { evidenceItems } from '../model/evidence.ts';
import type { EvidenceItem } from '../model/evidence.ts';
import { Mark } from './mark.tsx';

const NAMES: Record<EvidenceItem['kind'], string> = {
  presence: 'Presence',
  lease: 'Lease',
  probe: 'Probe',
  requests: 'Requests',
  source: 'Source',
};
const MEANINGS: Record<EvidenceItem['kind'], string> = {
  presence: 'Whether the instance is connected to the broker',
  lease: 'How long its announcement stays valid unless it is renewed',
  probe: 'The result of the latest health check or request by this gateway',
  requests: 'Why its requests led to an ejection, and for how long it receives none',
  source: 'How this gateway learned of the instance; no probe has verified it yet',
};

/** The reasons to believe that an instance runs, or not. */
export function Evidence({
  instance,
  now,
}: {
  readonly instance: InstanceView;
  readonly now: number;
}): JSX.Element {
  return (
    <dl class="evidence">
      {evidenceItems(instance, now).map(({ kind, tone, text }) => (
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
