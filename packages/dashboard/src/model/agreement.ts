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
  const { name, missingThere, missingHere } = peer;
  const when = `${span(now - peer.at)} ago`;
  if (missingThere === undefined)
    return { name, tone: 'quiet', text: `heard ${when}; its table is too large to compare` };
  if (missingThere === 0 && missingHere === 0)
    return { name, tone: 'good', text: `agreed with this one ${when}` };
  const parts = [
    ...(missingThere > 0 ? [`lacked ${entries(missingThere)}, which it was sent`] : []),
    ...(missingHere > 0 ? [`had ${entries(missingHere)} more, which this one asked for`] : []),
  ];
  return { name, tone: 'doubt', text: `${parts.join(', and ')}, ${when}` };
}

function entries(count: number): string {
  return count === 1 ? '1 entry' : `${count} entries`;
}
