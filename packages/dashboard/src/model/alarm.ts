import type { Model } from './model.ts';
import type { Tone } from './standing.ts';
import { clock, span } from './time.ts';

/** What stands above all else until it is over. */
export interface Alarm {
  readonly tone: Extract<Tone, 'doubt' | 'bad'>;
  readonly title: string;
  readonly text: string;
}

/** The gravest there is to say, by this browser's clock. */
export function alarmOf({ link, lost, status, offset }: Model, now: number): Alarm | undefined {
  if (link === 'lost' && lost !== undefined) {
    const since = `Since ${clock(lost.at)}, ${span(now - lost.at)}`;
    const text = status === undefined ? '' : ' What is below is as it was then.';
    return {
      tone: 'bad',
      title: 'The gateway is not reached',
      text: `${since} (${lost.why}). Trying again.${text}`,
    };
  }
  if (status === undefined || status.discovery.sight === 'live') return undefined;
  const { sight, since } = status.discovery;
  const age = `${span(now + offset - since)}, since ${clock(since - offset)}`;
  if (sight === 'blind') {
    return {
      tone: 'bad',
      title: 'This gateway is blind',
      text: `It has not heard the channel at ${status.gateway.server} for ${age}, and what it knew holds no more. /ready answers 503.`,
    };
  }
  return {
    tone: 'doubt',
    title: 'The channel is lost',
    text: `Nothing was heard of ${status.gateway.server} for ${age}. Requests go by the table as it was then, which probes go on verifying.`,
  };
}
