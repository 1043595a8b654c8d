import type { Change, Directory, Instance } from '@rollcall/client';
import { instanceState, isDraining, receivesTraffic } from '@rollcall/protocol';
import type { InstanceState, TrafficChange } from '@rollcall/protocol';
import type { Rollouts } from '../rollout/rollouts.ts';
import type { Ejection } from '../balancing/balancer.ts';
import type { DataPlane } from '../data-plane/data-plane.ts';
import type { ProcessLoad } from './process-load.ts';

/** An ejection, for people. With workers, each of them ejects for itself. */
export interface EjectionView {
  /** When its requests begin again, in ISO 8601. */
  readonly until: string;
  /** Which responses led to it. */
  readonly why: string;
  /** The processes that send it no requests. */
  readonly processes: number;
  /** The processes that serve requests. */
  readonly of: number;
  /** It receives requests nevertheless, because too few other instances are left. */
  readonly isIgnored: boolean;
}

/** What is shown of an instance everywhere: where its requests really go. */
export interface Standing {
  readonly state: InstanceState;
  /** It receives new requests at this moment. */
  readonly isRoutable: boolean;
  /** Requests to it that have not finished. */
  readonly inFlight: number;
  readonly ejection?: EjectionView;
}

export type ReadStanding = (instance: Instance) => Standing;

type StatesDirectory = Pick<Directory, 'instances' | 'routable'> & {
  on(event: 'change', listener: (change: Change) => void): unknown;
};

export interface InstanceStatesOptions {
  readonly directory: StatesDirectory;
  /** The clock of the data plane, in monotonic milliseconds. */
  readonly now: () => number;
  /** Add it to that clock to get milliseconds since 1970. */
  readonly epoch: () => number;
}

interface Known {
  inFlight: number;
  readonly ejections: Ejection[];
}

const UNKNOWN: Known = { inFlight: 0, ejections: [] };
/** Many readers ask at once, and adding up the loads visits every instance: it takes a small part of the time. */
const MIN_AGE_MS = 50;
const REST = 20;
const DRAIN_CHECK_MS = 250;

/**
 * The state of every instance: the table's status, the ejections of each process, and the requests in flight. All that
 * is shown of an instance is read here, so that no two places disagree.
 */
export class InstanceStates {
  readonly #options: InstanceStatesOptions;
  readonly #listeners = new Set<(change: TrafficChange) => void>();
  #plane: Pick<DataPlane, 'loads' | 'whenApplied'> | undefined;
  #rollouts: Pick<Rollouts, 'isHeld'> | undefined;
  #read: ReadStanding | undefined;
  #readUntil = -Infinity;
  /** Instances that receive nothing from at least one process. */
  #ejected: ReadonlySet<string> = new Set();
  #drained: ReadonlySet<string> = new Set();
  /** They take no new requests, because they leave or an operator drains them. */
  readonly #leaving = new Set<string>();
  /** Instances that do so, though not every process knows it yet. */
  readonly #unsettled = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #dueAt = Infinity;

  constructor(options: InstanceStatesOptions) {
    this.#options = options;
  }

  /** Follows a data plane. Before that, the state of an instance is what the table says. */
  observe(
    plane: Pick<DataPlane, 'loads' | 'whenApplied'>,
    rollouts?: Pick<Rollouts, 'isHeld'>,
  ): void {
    this.#plane = plane;
    this.#rollouts = rollouts;
    this.#options.directory.on('change', ({ instance }) => {
      const { key } = instance;
      // It is drained once no request is in flight to it, which has to be looked at anew.
      if (isDraining(instance)) this.#read = undefined;
      if (isDraining(instance) && !this.#leaving.has(key)) {
        this.#leaving.add(key);
        this.#unsettled.add(key);
        plane.whenApplied(() => this.#unsettled.delete(key));
      }
      // Later, so that listeners receive the change of the table first.
      if (this.#leaving.has(key) || this.#ejected.has(key)) this.#refreshIn(0);
    });
  }

  /** Calls the listener when an instance is ejected, when it is back, and when a drained one has finished. */
  listen(listener: (change: TrafficChange) => void): void {
    this.#listeners.add(listener);
  }

  /** Returns a function that reads the state of an instance at this moment. */
  read(): ReadStanding {
    const now = this.#options.now();
    if (this.#read !== undefined && now < this.#readUntil) return this.#read;
    this.#read = this.#reader(now);
    const took = this.#options.now() - now;
    this.#readUntil = now + Math.max(MIN_AGE_MS, REST * took);
    return this.#read;
  }

  /** Looks for what has changed since the last time, and reports it. */
  refresh(): void {
    this.#read = undefined;
    clearTimeout(this.#timer);
    this.#dueAt = Infinity;
    const read = this.read();
    const known = knownBy(this.#plane?.loads() ?? []);
    const wasEjected = this.#ejected;
    const wasDrained = this.#drained;
    const lasting = [...known].filter(([, { ejections }]) => ejections.length > 0);
    const concerned = new Set([...lasting.map(([key]) => key), ...wasEjected, ...this.#leaving]);
    const { directory } = this.#options;
    const candidates =
      concerned.size === 0 ? [] : directory.instances().filter(({ key }) => concerned.has(key));
    this.#leaving.clear();
    const [ejected, drained] = [new Set<string>(), new Set<string>()];
    const changes: TrafficChange[] = [];
    for (const instance of candidates) {
      const { key } = instance;
      if (isDraining(instance)) this.#leaving.add(key);
      const { state, ejection } = read(instance);
      if (ejection !== undefined && ejection.processes > 0) {
        ejected.add(key);
        if (!wasEjected.has(key))
          changes.push({ type: 'ejected', instance, why: inWords(ejection) });
      } else if (wasEjected.has(key)) {
        const why = ejection === undefined ? 'its ejection is over' : 'too few others are left';
        changes.push({ type: 'returned', instance, why });
      }
      if (state === 'drained') {
        drained.add(key);
        if (!wasDrained.has(key))
          changes.push({ type: 'drained', instance, why: 'no request to it is in flight' });
      } else if (state === 'draining') this.#refreshIn(DRAIN_CHECK_MS);
    }
    this.#ejected = ejected;
    this.#drained = drained;
    const now = this.#options.now();
    for (const [, { ejections }] of lasting)
      for (const { until } of ejections) if (until > now) this.#refreshIn(until - now + 1);
    for (const change of changes) for (const listener of this.#listeners) listener(change);
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#listeners.clear();
  }

  #reader(now: number): ReadStanding {
    const { directory, epoch } = this.#options;
    const loads = this.#plane?.loads() ?? [];
    const known = knownBy(loads);
    const of = loads.length;
    return (instance) => {
      const { key, announcement } = instance;
      const { inFlight, ejections } = known.get(key) ?? UNKNOWN;
      const lasting = ejections.filter(({ until }) => until > now);
      const processes = lasting.filter(({ isIgnored }) => !isIgnored).length;
      const isSettled = !this.#unsettled.has(key);
      const isBusy = inFlight > 0 || !isSettled;
      const traffic = { isEjected: processes > 0, inFlight: isBusy ? inFlight || 1 : 0 };
      const isSent =
        receivesTraffic(instance, directory.routable(announcement.prefix)) &&
        this.#rollouts?.isHeld(instance) !== true;
      const latest = lasting.reduce<Ejection | undefined>(
        (last, each) => (last === undefined || each.until > last.until ? each : last),
        undefined,
      );
      return {
        state: instanceState(instance, this.#plane === undefined ? undefined : traffic),
        isRoutable: isSent && (processes === 0 || processes < of),
        inFlight,
        ...(latest !== undefined && {
          ejection: {
            until: new Date(latest.until + epoch()).toISOString(),
            why: latest.why,
            processes,
            of,
            isIgnored: processes === 0,
          },
        }),
      };
    };
  }

  #refreshIn(milliseconds: number): void {
    const at = this.#options.now() + milliseconds;
    if (at >= this.#dueAt) return;
    this.#dueAt = at;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.refresh(), milliseconds).unref();
  }
}

/** Adds up the loads of all processes, by instance. */
function knownBy(loads: readonly ProcessLoad[]): ReadonlyMap<string, Known> {
  const known = new Map<string, Known>();
  function of(key: string): Known {
    let each = known.get(key);
    if (each === undefined) known.set(key, (each = { inFlight: 0, ejections: [] }));
    return each;
  }
  for (const { inFlight, ejections } of loads) {
    for (const [key, requests] of inFlight) of(key).inFlight += requests;
    for (const ejection of ejections) of(ejection.key).ejections.push(ejection);
  }
  return known;
}

/** Such as: `5 failed requests in a row: 503 ×5; by 1 of 2 processes until 2026-01-01T12:00:00.000Z`. */
export function inWords({ until, why, processes, of, isIgnored }: EjectionView): string {
  const by = of > 1 && !isIgnored ? `by ${processes} of ${of} processes ` : '';
  return `${why}; ${by}until ${until}${isIgnored ? ', ignored because too few others are left' : ''}`;
}
