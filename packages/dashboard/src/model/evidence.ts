import type { InstanceView } from '@rollcall/gateway';
import { formatSpan } from './time.ts';
import type { Tone } from './tone.ts';

/** One reason to believe that an instance runs, or not. */
export interface EvidenceItem {
  readonly kind: 'presence' | 'lease' | 'probe' | 'requests' | 'source';
  readonly tone: Tone;
  readonly text: string;
}

/** @param now by the gateway's clock */
export function evidenceItems({ evidence, ejection }: InstanceView, now: number): EvidenceItem[] {
  const { presence, brokers = [], leaseEnds, probe, announcedAt, relayedAt } = evidence;
  const items: EvidenceItem[] = [];
  if (presence !== undefined) {
    const at = brokers.filter((each) => each.presence === 'present').length;
    const isEverywhere = at === brokers.length;
    const where = isEverywhere ? '' : ` at ${at} of ${brokers.length} brokers`;
    items.push(
      presence.isPresent
        ? { kind: 'presence', tone: isEverywhere ? 'good' : 'warning', text: `present${where}` }
        : { kind: 'presence', tone: 'bad', text: `gone ${formatSpan(now - presence.at)} ago` },
    );
  }
  if (leaseEnds !== undefined) {
    items.push(
      leaseEnds > now
        ? { kind: 'lease', tone: 'good', text: `${formatSpan(leaseEnds - now)} left` }
        : { kind: 'lease', tone: 'warning', text: `expired ${formatSpan(now - leaseEnds)} ago` },
    );
  }
  if (announcedAt === undefined && relayedAt !== undefined) {
    const text = `another observer, ${formatSpan(now - relayedAt)} ago`;
    items.push({ kind: 'source', tone: 'warning', text });
  }
  if (ejection !== undefined) items.push(ejectionItem(ejection, now));
  if (probe !== undefined) items.push(probeItem(probe, now));
  else if (items.length === 0)
    items.push({ kind: 'source', tone: 'neutral', text: 'its announcement' });
  return items;
}

type Ejection = NonNullable<InstanceView['ejection']>;

function ejectionItem(
  { until, why, processes, of, isIgnored }: Ejection,
  now: number,
): EvidenceItem {
  const left = formatSpan(Date.parse(until) - now);
  const by = of > 1 && !isIgnored ? ` by ${processes} of ${of} processes` : '';
  const effect = isIgnored
    ? 'ejection ignored, too few others are left'
    : `ejected${by} for ${left}`;
  return { kind: 'requests', tone: isIgnored ? 'warning' : 'bad', text: `${why}: ${effect}` };
}

type Probe = NonNullable<InstanceView['evidence']['probe']>;

/** An instance that does not answer in time may be busy, and a probe that could not be sent says nothing about it. */
const PROBE_TONES: Readonly<Record<Probe['verdict'], Tone>> = {
  ok: 'good',
  refused: 'bad',
  timeout: 'warning',
  unreachable: 'bad',
  unidentified: 'bad',
  failed: 'bad',
  unknown: 'neutral',
};

function probeItem({ verdict, by, at, times, cause = verdict }: Probe, now: number): EvidenceItem {
  const ago = `${formatSpan(now - at)} ago`;
  const source = by === 'traffic' ? ', by a request' : '';
  const count = verdict !== 'ok' && times > 1 ? ` ${times}×,` : '';
  return { kind: 'probe', tone: PROBE_TONES[verdict], text: `${cause}${count} ${ago}${source}` };
}
