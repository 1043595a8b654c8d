import type { StatusView } from '@rollcall/gateway';
import type { Tone } from './standing.ts';
import { span } from './time.ts';

/** Whether another gateway's table was as ours when it last called the roll. */
export interface Agreement {
  readonly name: string;
  readonly tone: Tone;
  readonly text: string;
}

export function agreementOf(peer: StatusView['peers'][number], now: number): Agreement {
  const { name, lacked, told } = peer;
  const when = `${span(now - peer.at)} ago`;
  if (lacked === undefined)
    return { name, tone: 'quiet', text: `heard ${when}; its table is too large to compare` };
  if (lacked === 0 && told === 0)
    return { name, tone: 'good', text: `agreed with this one ${when}` };
  const parts = [
    ...(lacked > 0 ? [`lacked ${entries(lacked)}, which it was sent`] : []),
    ...(told > 0 ? [`had ${entries(told)} more, which this one asked for`] : []),
  ];
  return { name, tone: 'doubt', text: `${parts.join(', and ')}, ${when}` };
}

function entries(count: number): string {
  return count === 1 ? '1 entry' : `${count} entries`;
}
