import type { NodeState } from '../app/app.ts';
import type { PeerState } from './broadcast/broadcast.ts';

/** A node that was not heard for so many beats is shown as silent: one of its beats may be late. */
const MAX_LATE_BEATS = 3;

/** What a node knows of itself and the others. Times are in milliseconds of its clock. */
export interface KnownNodes {
  readonly id: string;
  readonly openedAt: number;
  /** When it heard its own beat last. */
  readonly heardAt: number;
  readonly peers: readonly PeerState[];
  readonly now: number;
  readonly beatMs: number;
}

/** Describes a node and the others, for operators. */
export function nodeStates(known: KnownNodes): (NodeState & { readonly id: string })[] {
  const { id, openedAt, heardAt, peers, now, beatMs } = known;
  const timeOf = (at: number): number => Math.round(Date.now() - (now - at));
  const self = {
    id,
    status: 'self',
    since: timeOf(openedAt),
    silentMs: Math.round(now - heardAt),
    missingEvents: 0,
  } as const;
  const others = peers.map((peer) => {
    const silentMs = Math.round(now - peer.heardAt);
    const isLate = silentMs > MAX_LATE_BEATS * beatMs;
    return {
      id: peer.node,
      status: peer.isGone ? 'gone' : isLate ? 'silent' : 'alive',
      since: timeOf(peer.joinedAt),
      silentMs,
      missingEvents: peer.missing,
    } as const;
  });
  return [self, ...others];
}
