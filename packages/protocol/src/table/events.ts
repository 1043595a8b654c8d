import type { Announcement } from '../announcement.ts';
import type { Statement } from '../merge.ts';
import type { Instance } from './entry.ts';

/** How a probe ended. A refused connection is certain: somebody is there and nobody listens. */
export type Verdict = 'ok' | 'refused' | 'failed';

/** What an observer learns. */
export type TableEvent =
  /** The owner says so, by the channel. */
  | { readonly type: 'received'; readonly statement: Statement }
  /** Another observer's table or a snapshot says so. */
  | { readonly type: 'relayed'; readonly statement: Statement }
  /** The transport says that the instance is in its presence channel, or gone from it. */
  | { readonly type: 'joined'; readonly announcement: Announcement }
  | { readonly type: 'departed'; readonly id: string; readonly inc: number }
  /** A probe, or a request, has ended. */
  | {
      readonly type: 'probed';
      readonly key: string;
      readonly verdict: Verdict;
      readonly by: 'probe' | 'traffic';
    }
  /** An operator has this observer send an instance nothing new, or ends that. */
  | { readonly type: 'drained' | 'undrained'; readonly key: string }
  /** Our own connection to the channel. */
  | { readonly type: 'link'; readonly isUp: boolean }
  | { readonly type: 'tick' };

/** What happened to an instance, and why. */
export interface Change {
  readonly type:
    | 'registered'
    | 'updated'
    | 'left'
    | 'suspected'
    | 'down'
    | 'recovered'
    | 'forgotten';
  /** As it is after the change. */
  readonly instance: Instance;
  readonly why: string;
  /** What it announced before, if that has changed. */
  readonly was?: Announcement;
}

/** What is to be done about an event. */
export type Effect =
  | Change
  | { readonly type: 'probe'; readonly instance: Instance }
  /** So many of a service parted or lapsed at once that the fault is taken to be on our side. */
  | { readonly type: 'mass-suspicion'; readonly prefix: string; readonly instances: number }
  /** Two instances use one id: the announcement that was said, and lost or won. */
  | { readonly type: 'conflict'; readonly instance: Instance; readonly announcement: Announcement };
