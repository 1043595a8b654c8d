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
  /** An event on the channel was dropped, because too many came at once. */
  dropped: [why: DropReason];
  /** The channel is subscribed, for the first time or again. */
  connected: [];
  /** The connection is lost. The directory reconnects until it is closed. */
  disconnected: [];
  /** The broker refuses the connection, with its reason. The directory continues to retry. */
  rejected: [reason: string];
  /** The broker has accepted this directory's roll call. */
  'rollcall-sent': [];
  /** A gateway has answered this directory's roll call. */
  'rollcall-answered': [];
  /** A message could not be published. */
  fault: [Error];
  /** A prefix without instances is not known any more, for this reason. */
  'prefix-forgotten': [prefix: string, why: string];
  /** So many instances of a prefix were lost at once that this directory's own link is suspected of it. */
  'mass-suspicion': [prefix: string, instances: number];
  /** The presence channels that the transport lists have reported which instances are running. */
  resynced: [];
}
