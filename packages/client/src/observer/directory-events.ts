import type {
  Announcement,
  Change,
  Instance,
  ProbedBy,
  Refusal,
  Verdict,
} from '@rollcall/protocol';
import type { DropReason } from './inbox.ts';

/** The events of a directory, with their arguments. */
export interface DirectoryEvents {
  /** The table has changed: an instance registered, left, or has another status. */
  change: [Change];
  /** Two instances use one id. The announcement is the one that was just received. */
  conflict: [Instance, Announcement];
  /** An event has come on the registry's channel. Its sender chose its name. */
  received: [event: string];
  /** A probe has ended, or a request that counts as one. */
  probed: [verdict: Verdict, by: ProbedBy];
  /** An event on the channel was refused. It has not changed the table. */
  refused: [event: string, refusal: Refusal];
  /** An announcement was accepted that would have been refused if ownership was enforced, for this reason. */
  unproven: [refusal: Refusal];
  /** An event on the channel was dropped, because too many came at once. */
  dropped: [why: DropReason];
  /** The channel is subscribed at a broker, and was at none. */
  connected: [];
  /** The connection is lost to every broker. The directory reconnects until it is closed. */
  disconnected: [];
  /** The channel is subscribed at this broker, for the first time or again. */
  'broker-connected': [broker: string];
  /** The connection to this broker is lost. The others are connected still. */
  'broker-disconnected': [broker: string, others: readonly string[]];
  /** A broker refuses the connection, with its reason. The directory continues to retry. */
  rejected: [reason: string, broker: string];
  /** A broker has accepted this directory's roll call. */
  'rollcall-sent': [broker: string];
  /** A gateway has answered this directory's roll call. */
  'rollcall-answered': [];
  /** A message could not be published at a broker. */
  fault: [error: Error, broker: string];
  /** A prefix without instances is not known any more, for this reason. */
  'prefix-forgotten': [prefix: string, why: string];
  /** So many instances of a prefix were lost at once that this directory's own link is suspected of it. */
  'mass-suspicion': [prefix: string, instances: number];
  /** The presence channels that each connected broker lists have reported which instances are running. */
  resynced: [];
}
