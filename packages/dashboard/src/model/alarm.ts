import type { Model } from './model.ts';
import { formatClock, formatSpan } from './time.ts';
import type { Tone } from './tone.ts';

/** A problem that the page shows above everything else while it lasts. */
export interface Alarm {
  readonly tone: Extract<Tone, 'warning' | 'bad'>;
  readonly title: string;
  readonly text: string;
}

/**
 * The most serious problem, if there is one.
 * @param now by this browser's clock
 */
export function alarmOf({ link, lost, status, offset }: Model, now: number): Alarm | undefined {
  if (link === 'lost' && lost !== undefined) {
    const since = `Since ${formatClock(lost.at)}, for ${formatSpan(now - lost.at)}`;
    const text = status === undefined ? '' : ' The page shows the state before that.';
    return {
      tone: 'bad',
      title: 'The gateway is unreachable',
      text: `${since} (${lost.reason}). Retrying.${text}`,
    };
  }
  if (status === undefined || status.discovery.state === 'connected') return undefined;
  const { state, since } = status.discovery;
  const age = `${formatSpan(now + offset - since)}, since ${formatClock(since - offset)}`;
  const outage = `No connection to ${status.gateway.server} for ${age}`;
  if (state === 'expired') {
    return {
      tone: 'bad',
      title: 'This gateway has no valid table',
      text: `${outage}. Its table is empty or out of date, and /ready returns 503.`,
    };
  }
  return {
    tone: 'warning',
    title: 'This gateway is disconnected from the broker',
    text: `${outage}. It routes by its last known table, and its probes keep verifying the instances.`,
  };
}
