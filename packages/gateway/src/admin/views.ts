import type { Announcement, BrokerPresence, Directory, Instance } from '@rollcall/client';
import { describeProbed } from '@rollcall/protocol';
import type { Evidence, InstanceState, Journal, Peer } from '@rollcall/protocol';
import type { EjectionView, InstanceStates } from '../traffic/instance-states.ts';
import type { Rollouts } from '../rollout/rollouts.ts';
import type { VersionView } from '../rollout/version-state.ts';
import { brokerPresence } from './broker-presence.ts';
import type { TrafficView, FindTraffic } from './traffic-view.ts';

/** An instance in the admin API. Times are milliseconds since 1970, and ISO 8601 in JSON. */
export interface InstanceView {
  /** Its id; of an instance without one, prefix, address and port. */
  readonly key: string;
  /** What it announced. Of a configured one: its address and port, and its service in place of the prefix. */
  readonly announcement: Announcement;
  /** The URL by which the configuration names it; absent if it announced itself. */
  readonly configuredAs?: string;
  /** Its status in this gateway's table. */
  readonly status: Instance['status'];
  /** Its state as people see it. */
  readonly state: InstanceState;
  /** It receives traffic at this moment. */
  readonly isRoutable: boolean;
  /** An operator drained it at this gateway. */
  readonly isDrained: boolean;
  /** Requests to it that have not finished. */
  readonly inFlight: number;
  /** Absent if it is not ejected. */
  readonly ejection?: EjectionView;
  /** When this gateway first received an announcement of this run of it. */
  readonly since: number;
  /** Why it has this status. */
  readonly evidence: EvidenceView;
  /** Its traffic if the query asks for it; null if there was none. */
  readonly traffic?: TrafficView | null;
}

export interface EvidenceView extends Partial<Omit<Evidence, 'inc' | 'probe'>> {
  /** Its latest probe, or request that counted as one; `cause` says what was requested and what came of it. */
  readonly probe?: NonNullable<Evidence['probe']> & { readonly cause?: string };
  /** What each of several brokers shows of its presence: see {@link brokerPresence}. */
  readonly brokers?: readonly BrokerPresence[];
  /** When its lease expires unless it is renewed. */
  readonly leaseEnds?: number;
}

/** All instances of one prefix. */
export interface ServiceView {
  /** Canonical: an empty string for `/`. */
  readonly prefix: string;
  /** The names that its instances announce. */
  readonly names: readonly string[];
  /** How many instances it has. */
  readonly instances: number;
  /** How many of them are healthy. */
  readonly healthy: number;
  /** How many of them are suspect. */
  readonly suspect: number;
  /** How many of them are down. */
  readonly down: number;
  /** How many of them are ejected. */
  readonly ejected: number;
  /** How many of them are draining. */
  readonly draining: number;
  /** How many of them are drained. */
  readonly drained: number;
  /** Instances that receive traffic at this moment. */
  readonly routable: number;
  /** Suspect instances receive traffic, because none is healthy. */
  readonly isSuspect: boolean;
  /** Its versions, if there is or was a choice among several: the one that was there first comes first. */
  readonly versions?: readonly VersionView[];
}

export interface InstancesQuery {
  /** Canonical. */
  readonly prefix?: string | undefined;
  readonly keys?: readonly string[] | undefined;
  /** Include the traffic of this many seconds. It is long, and left out by default. */
  readonly traffic?: number | undefined;
}

interface ViewsOptions {
  readonly directory: Pick<Directory, 'prefixes' | 'instances' | 'routable' | 'peers' | 'presence'>;
  readonly states: Pick<InstanceStates, 'read'>;
  readonly journal: Journal;
  readonly traffic?: FindTraffic | undefined;
  readonly rollouts?: Pick<Rollouts, 'of'> | undefined;
  /** Add it to the journal's times to get milliseconds since 1970. */
  readonly epoch: () => number;
}

/** Builds the views of the admin API from the directory and the journal. */
export class Views {
  readonly #options: ViewsOptions;

  constructor(options: ViewsOptions) {
    this.#options = options;
  }

  services(): ServiceView[] {
    return this.#options.directory.prefixes().map((prefix) => this.#service(prefix));
  }

  instances({ prefix, keys, traffic }: InstancesQuery = {}): InstanceView[] {
    const { directory } = this.#options;
    const wanted = keys === undefined ? undefined : new Set(keys);
    const found = directory
      .instances(prefix)
      .filter(({ key }) => wanted === undefined || wanted.has(key));
    if (traffic === undefined) return found.map((each) => this.instance(each));
    return found.map((each) => ({
      ...this.instance(each),
      traffic: recentTraffic(this.#options.traffic?.(each.key), traffic),
    }));
  }

  /** @param isPresent false if it has just left the table */
  instance(instance: Instance, isPresent = true): InstanceView {
    const { key, announcement, configuredAs, status, since, isDrained = false } = instance;
    const { states, epoch: epochOf } = this.#options;
    const { state, isRoutable, inFlight, ejection } = states.read()(instance);
    const epoch = epochOf();
    return {
      key,
      announcement,
      ...(configuredAs !== undefined && { configuredAs }),
      status,
      state,
      isRoutable: isPresent && isRoutable,
      isDrained,
      inFlight,
      ...(ejection !== undefined && { ejection }),
      since: since + epoch,
      evidence: this.#evidence(instance, epoch),
    };
  }

  peers(): Peer[] {
    const epoch = this.#options.epoch();
    return this.#options.directory.peers().map((peer) => ({ ...peer, at: peer.at + epoch }));
  }

  #service(prefix: string): ServiceView {
    const { directory, states, rollouts } = this.#options;
    const read = states.read();
    const versions = rollouts?.of(prefix) ?? [];
    const instances = directory.instances(prefix);
    const standings = instances.map(read);
    const routable = directory.routable(prefix);
    const names = new Set(instances.map(({ announcement }) => announcement.name));
    const count = (state: InstanceState): number =>
      standings.filter((each) => each.state === state).length;
    return {
      prefix,
      names: [...names].filter((name) => name !== undefined),
      instances: instances.length,
      healthy: count('healthy'),
      suspect: count('suspect'),
      down: count('down'),
      ejected: count('ejected'),
      draining: count('draining'),
      drained: count('drained'),
      routable: standings.filter((each) => each.isRoutable).length,
      isSuspect: routable[0]?.status === 'suspect',
      ...(versions.length > 0 && { versions }),
    };
  }

  #evidence(instance: Instance, epoch: number): EvidenceView {
    const { key, announcement } = instance;
    const { ttl } = announcement;
    const { journal, directory } = this.#options;
    const brokers = brokerPresence(directory, instance);
    const { announcedAt, relayedAt, presence, probe } = journal.evidenceOf(key) ?? {};
    // No renewal was received while the gateway was disconnected, so every lease restarts on reconnection.
    const reconnectedAt = journal.link.findLast(({ what }) => what === 'connected')?.at ?? 0;
    const renewed = announcedAt === undefined ? undefined : Math.max(announcedAt, reconnectedAt);
    return {
      ...(announcedAt !== undefined && { announcedAt: announcedAt + epoch }),
      ...(relayedAt !== undefined && { relayedAt: relayedAt + epoch }),
      ...(presence !== undefined && { presence: { ...presence, at: presence.at + epoch } }),
      ...(brokers !== undefined && { brokers }),
      ...(probe !== undefined && { probe: probeView(probe, epoch) }),
      ...(ttl !== undefined &&
        renewed !== undefined && { leaseEnds: renewed + ttl * 1000 + epoch }),
    };
  }
}

function probeView(
  probe: NonNullable<Evidence['probe']>,
  epoch: number,
): NonNullable<EvidenceView['probe']> {
  const cause = describeProbed(probe);
  return { ...probe, ...(cause !== undefined && { cause }), at: probe.at + epoch };
}

/** Traffic with the windows of the last seconds only. */
function recentTraffic(traffic: TrafficView | undefined, seconds: number): TrafficView | null {
  if (traffic === undefined) return null;
  const { history } = traffic;
  const windows = Math.ceil(seconds / (history.at(-1)?.seconds ?? 1));
  return { ...traffic, history: history.slice(-windows) };
}
