import type { Directory } from '@rollcall/client';
import { RULES } from '@rollcall/protocol';
import type { Journal, Peer } from '@rollcall/protocol';

/**
 * How well a gateway sees.
 * - `live`: it hears the channel.
 * - `lost`: it does not, and routes by what it knew, which its probes go on verifying.
 * - `blind`: it does not, and knows nothing, or nothing that another gateway could still put right.
 */
export type Sight = 'live' | 'lost' | 'blind';

/** What does not change while a gateway runs. */
export interface GatewayFacts {
  /** As it stands in `Via` and in its roll calls. */
  readonly name: string;
  readonly url: string;
  /** The host that requests must name. */
  readonly domain: string;
  /** The broker, for people. */
  readonly server: string;
  /** The registry's channel. */
  readonly channel: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
}

export interface StatusView {
  readonly gateway: GatewayFacts;
  /** The gateway's clock, in milliseconds since 1970: what other times are to be compared with. */
  readonly now: number;
  readonly discovery: DiscoveryStatus;
  /** What needs the token. With `none` there is no token, and nothing can be changed. */
  readonly token: 'none' | 'to-change' | 'always';
  readonly services: number;
  readonly instances: number;
  /** Other gateways on the channel, and how their tables stood to this one's. */
  readonly peers: readonly Peer[];
}

/** Times are milliseconds since 1970. */
interface DiscoveryStatus {
  readonly sight: Sight;
  /** Since when it hears the channel, or does not. The table is as of then if it does not. */
  readonly since: number;
}

/** When the link to the channel last came or went, in the journal's time. */
export function sinceWhen({ link }: Journal): number {
  return link.at(-1)?.at ?? 0;
}

/**
 * A gateway that lost the channel is as good as before for some time, and to take it out of service for that
 * would make an outage of the broker one of everything. After ten minutes nobody remembers who has left.
 *
 * @param now in the journal's time
 */
export function sightOf(
  directory: Pick<Directory, 'isConnected' | 'prefixes'>,
  journal: Journal,
  now: number,
): Sight {
  if (directory.isConnected) return 'live';
  const isOld = now - sinceWhen(journal) >= RULES.tombstoneMs;
  return isOld || directory.prefixes().length === 0 ? 'blind' : 'lost';
}
