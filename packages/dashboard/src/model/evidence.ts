import type { InstanceView } from '@rollcall/gateway';
import type { Tone } from './standing.ts';
import { span } from './time.ts';

/** One thing that an instance was seen by, or was not. */
export interface Sign {
  readonly kind: 'presence' | 'lease' | 'probe' | 'hearsay';
  readonly tone: Tone;
  readonly text: string;
}

/** What speaks for an instance and against it, by the gateway's time. */
export function signsOf({ evidence }: InstanceView, now: number): Sign[] {
  const { presence, leaseEnds, probe, announcedAt, relayedAt } = evidence;
  const signs: Sign[] = [];
  if (presence !== undefined) {
    signs.push(
      presence.isPresent
        ? { kind: 'presence', tone: 'good', text: 'present' }
        : { kind: 'presence', tone: 'bad', text: `gone ${span(now - presence.at)} ago` },
    );
  }
  if (leaseEnds !== undefined) {
    signs.push(
      leaseEnds > now
        ? { kind: 'lease', tone: 'good', text: `${span(leaseEnds - now)} left` }
        : { kind: 'lease', tone: 'doubt', text: `lapsed ${span(now - leaseEnds)} ago` },
    );
  }
  if (announcedAt === undefined && relayedAt !== undefined)
    signs.push({
      kind: 'hearsay',
      tone: 'doubt',
      text: `told by another ${span(now - relayedAt)} ago`,
    });
  if (probe !== undefined) signs.push(probeSign(probe, now));
  else if (signs.length === 0)
    signs.push({ kind: 'hearsay', tone: 'quiet', text: 'its own word alone' });
  return signs;
}

type Probe = NonNullable<InstanceView['evidence']['probe']>;

function probeSign({ verdict, by, at, times }: Probe, now: number): Sign {
  const ago = `${span(now - at)} ago`;
  const who = by === 'traffic' ? ' by traffic' : '';
  if (verdict === 'ok') return { kind: 'probe', tone: 'good', text: `ok ${ago}${who}` };
  const often = times > 1 ? ` ${times}×,` : '';
  return { kind: 'probe', tone: 'bad', text: `${verdict}${often} ${ago}${who}` };
}
