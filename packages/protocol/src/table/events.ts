import type { Announcement } from '../wire/announcement-types.ts';
import type { Statement } from '../wire/statement.ts';
import type { Instance } from './instance.ts';
import type { Probed, ProbedBy } from './probe.ts';

/** The place of a broker in the list of a registry. By default it is the first, 0. */
export type BrokerNumber = number;

/** What an observer learns. */
export type TableEvent =
  /** The owner announced it, or its exit, on the channel. */
  | { readonly type: 'received'; readonly statement: Statement }
  /** Another observer's table holds it, or, if `isRestored`, a snapshot. */
  | { readonly type: 'relayed'; readonly statement: Statement; readonly isRestored?: boolean }
  /** A broker reports that an instance is in its presence channel. */
  | { readonly type: 'joined'; readonly announcement: Announcement; readonly broker?: BrokerNumber }
  /** A broker reports that a run of an instance is not, or no longer, in its presence channel. */
  | {
      readonly type: 'departed';
      readonly id: string;
      readonly inc: number;
      readonly broker?: BrokerNumber;
    }
  /** A broker refuses to show the presence channel of an instance. */
  | { readonly type: 'unseen'; readonly id: string; readonly broker: BrokerNumber }
  /** A probe, or a request, has ended. */
  | ({ readonly type: 'probed'; readonly key: string } & Probed)
  /** Another gateway reports that a probe of it failed. */
  | { readonly type: 'reported'; readonly key: string }
  /** This observer's configuration names it: by a URL, which may stand for several instances. */
  | { readonly type: 'configured'; readonly announcement: Announcement; readonly url: string }
  /** The configuration names it no longer, or its name leads elsewhere. */
  | { readonly type: 'unconfigured'; readonly key: string; readonly why: string }
  /** An operator starts or ends the draining of an instance at this observer. */
  | { readonly type: 'drained' | 'undrained'; readonly key: string }
  /** An operator has this observer forget an instance. */
  | { readonly type: 'dismissed'; readonly key: string }
  /** Its owner, or its key, may not announce it any more. */
  | { readonly type: 'disowned'; readonly key: string; readonly why: string }
  /** An operator has this observer forget a prefix without instances, unless there is another reason. */
  | { readonly type: 'prefix-dismissed'; readonly prefix: string; readonly why?: string }
  /** This observer's own connection to a broker was made or lost. */
  | { readonly type: 'link'; readonly isUp: boolean; readonly broker?: BrokerNumber }
  /** Time has passed. */
  | { readonly type: 'tick' };

/** What happened to an instance, and why. */
export interface Change {
  /** What happened. */
  readonly type:
    | 'registered'
    | 'updated'
    | 'left'
    | 'suspected'
    | 'down'
    | 'recovered'
    | 'forgotten';
  /** The instance after the change. */
  readonly instance: Instance;
  /** One clause for people, such as `its port refuses connections`. */
  readonly why: string;
  /** Its previous announcement, if that has changed. */
  readonly was?: Announcement;
}

/** What follows from an event. */
export type Effect =
  | Change
  /** The instance is to be probed now, with a request or with a connection alone. */
  | {
      readonly type: 'probe';
      readonly instance: Instance;
      readonly by: Exclude<ProbedBy, 'traffic'>;
    }
  /** A probe of a healthy instance failed, which other gateways may not know yet. */
  | { readonly type: 'finding'; readonly key: string }
  /** A prefix without instances is not known any more. */
  | { readonly type: 'prefix-forgotten'; readonly prefix: string; readonly why: string }
  /** So many instances of a prefix were lost at once that this observer's own link is suspected of it. */
  | { readonly type: 'mass-suspicion'; readonly prefix: string; readonly instances: number }
  /** Two instances use one id. The announcement is the one that was just received, whether it won or lost. */
  | { readonly type: 'conflict'; readonly instance: Instance; readonly announcement: Announcement };

/** Whether an effect is a change of an instance. */
export function isChange(effect: Effect): effect is Change {
  return 'instance' in effect && 'why' in effect;
}
