import type { StatusView } from '@rollcall/gateway';
import { formatSpan } from './time.ts';
import type { Tone } from './tone.ts';

/** How the table of another gateway differed from this one's at its last roll call. */
export interface PeerDescription {
  readonly name: string;
  readonly tone: Tone;
  readonly text: string;
}

export function describePeer(peer: StatusView['peers'][number], now: number): PeerDescription {
  const { name, missingThere, missingHere } = peer;
  const when = `${formatSpan(now - peer.at)} ago`;
  if (missingThere === undefined)
    return { name, tone: 'neutral', text: `seen ${when}; its table is too large to compare` };
  if (missingThere === 0 && missingHere === 0)
    return { name, tone: 'good', text: `same table as this gateway ${when}` };
  const differences = [
    ...(missingThere > 0 ? [`it lacked ${entries(missingThere)}`] : []),
    ...(missingHere > 0 ? [`this gateway lacked ${entries(missingHere)}`] : []),
  ];
  return { name, tone: 'warning', text: `synchronized ${when}: ${differences.join(', ')}` };
}

function entries(count: number): string {
  return count === 1 ? '1 entry' : `${count} entries`;
}
