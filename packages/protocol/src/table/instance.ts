import type { Announcement } from '../wire/announcement-types.ts';

/**
 * An observer's verdict on an instance: a `healthy` one receives traffic, a `suspect` one only while no
 * instance of its prefix is healthy, and one that is `down` none. An instance that has left is not in
 * the table.
 */
export type Status = 'healthy' | 'suspect' | 'down';

/** One running process of a service, as an observer knows it. */
export interface Instance {
  /** Identifies the instance in this table: see `instanceKey` and `configuredKey`. */
  readonly key: string;
  /** Its latest announcement. */
  readonly announcement: Announcement;
  /** What this observer knows about its health. */
  readonly status: Status;
  /** When this observer first received an announcement of this run, in milliseconds of its own clock. */
  readonly since: number;
  /** An operator has this observer send it no new requests, until it restarts or that is undone. */
  readonly isDrained?: boolean;
  /** The URL by which this observer's configuration names it. Undefined if it announced itself. */
  readonly configuredAs?: string | undefined;
}

/** Whether an instance takes no new requests: its owner says that it leaves, or an operator drains it here. */
export function isDraining({
  announcement,
  isDrained,
}: Pick<Instance, 'announcement' | 'isDrained'>): boolean {
  return announcement.draining === true || isDrained === true;
}

/** The state of an instance as people see it. */
export type InstanceState = Status | 'ejected' | 'draining' | 'drained';

/** How requests to an instance go: what an observer that sends requests knows beyond its table. */
export interface InstanceTraffic {
  /** Its requests failed, so it receives none for a while, though its probes succeed. */
  readonly isEjected: boolean;
  /** Requests that were sent to it and have not finished. */
  readonly inFlight: number;
}

/**
 * The state of an instance as people see it: `draining` while it takes no new requests and some are in flight, `drained`
 * once none is, `ejected` if its requests failed, its status otherwise.
 * @param traffic default: the observer sends no requests, so an instance is `drained` only if an operator says so
 */
export function instanceState(
  instance: Pick<Instance, 'status' | 'announcement' | 'isDrained'>,
  traffic?: InstanceTraffic,
): InstanceState {
  const { status, isDrained = false } = instance;
  if (isDraining(instance)) {
    const isIdle = traffic === undefined ? isDrained : traffic.inFlight === 0;
    return isIdle ? 'drained' : 'draining';
  }
  return traffic?.isEjected === true && status !== 'down' ? 'ejected' : status;
}

/**
 * Whether an instance receives traffic: it is not draining, and it is healthy, or suspect while no
 * instance of its prefix is healthy. This is the one answer to "is this instance healthy?".
 *
 * @param routable the instances of its prefix that receive traffic, as `Table.routable` returns them;
 *   they all have the same status, so this costs the same however many there are
 */
export function receivesTraffic(instance: Instance, routable: readonly Instance[]): boolean {
  return !isDraining(instance) && routable[0]?.status === instance.status;
}
