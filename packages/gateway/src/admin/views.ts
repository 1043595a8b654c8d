import type { Announcement, Directory, Instance } from '@rollcall/client';
import { instanceState } from '@rollcall/protocol';
import type { Evidence, InstanceState, Journal, Peer } from '@rollcall/protocol';
import type { TrafficView, FindTraffic } from './traffic-view.ts';

/** An instance as the admin API tells of it. Times are milliseconds since 1970. */
export interface InstanceView {
  readonly key: string;
  readonly announcement: Announcement;
  readonly status: Instance['status'];
  readonly state: InstanceState;
  /** It is sent requests at this moment. */
  readonly isRoutable: boolean;
  /** An operator has this gateway send it nothing new. */
  readonly isDrained: boolean;
  /** When this gateway first heard of this run of it. */
  readonly since: number;
  readonly evidence: EvidenceView;
  /** Where it is asked for; null if there was none. */
  readonly traffic?: TrafficView | null;
}

export interface EvidenceView extends Omit<Evidence, 'inc'> {
  /** When its announcement ends unless it is renewed. */
  readonly leaseEnds?: number;
}

/** All instances of one prefix. */
export interface ServiceView {
  readonly prefix: string;
  /** What its instances call themselves. */
  readonly names: readonly string[];
  readonly instances: number;
  readonly healthy: number;
  readonly suspect: number;
  readonly down: number;
  /** Those that are sent requests at this moment. */
  readonly routable: number;
  /** Those are in doubt, all of them: none is known to be well. */
  readonly isInDoubt: boolean;
}

export interface InstancesQuery {
  /** Canonical. */
  readonly prefix?: string | undefined;
  readonly keys?: readonly string[] | undefined;
  /** With the traffic of so many seconds. It is long beside all else, and so not told unless it is wanted. */
  readonly traffic?: number | undefined;
}

interface ViewsOptions {
  readonly directory: Pick<Directory, 'prefixes' | 'instances' | 'routable' | 'peers'>;
  readonly journal: Journal;
  readonly traffic?: FindTraffic | undefined;
  /** What to add to the journal's times to have them since 1970. */
  readonly epoch: () => number;
}

/** What the directory and the journal know, as the admin API tells it. */
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
      traffic: lately(this.#options.traffic?.(each.key), traffic),
    }));
  }

  /** @param isThere it has not just left */
  instance(instance: Instance, isThere = true): InstanceView {
    const { key, announcement, status, since, isDrained = false } = instance;
    const epoch = this.#options.epoch();
    return {
      key,
      announcement,
      status,
      state: instanceState(instance),
      isRoutable: isThere && this.#isRoutable(instance),
      isDrained,
      since: since + epoch,
      evidence: this.#evidence(instance, epoch),
    };
  }

  peers(): Peer[] {
    const epoch = this.#options.epoch();
    return this.#options.directory.peers().map((peer) => ({ ...peer, at: peer.at + epoch }));
  }

  #service(prefix: string): ServiceView {
    const { directory } = this.#options;
    const instances = directory.instances(prefix);
    const routable = directory.routable(prefix);
    const names = new Set(instances.map(({ announcement }) => announcement.name));
    const count = (status: Instance['status']): number =>
      instances.filter((each) => each.status === status).length;
    return {
      prefix,
      names: [...names].filter((name) => name !== undefined),
      instances: instances.length,
      healthy: count('healthy'),
      suspect: count('suspect'),
      down: count('down'),
      routable: routable.length,
      isInDoubt: routable[0]?.status === 'suspect',
    };
  }

  /** Those that are sent requests are all of one status; it costs the same however many there are. */
  #isRoutable({ announcement, status, isDrained = false }: Instance): boolean {
    const [first] = this.#options.directory.routable(announcement.prefix);
    return !isDrained && announcement.draining !== true && first?.status === status;
  }

  #evidence({ key, announcement: { ttl } }: Instance, epoch: number): EvidenceView {
    const { journal } = this.#options;
    const { announcedAt, relayedAt, presence, probe } = journal.evidenceOf(key) ?? {};
    // Renewals could not reach us while we were away: all leases begin anew when we are back.
    const back = journal.link.findLast(({ what }) => what === 'connected')?.at ?? 0;
    const renewed = announcedAt === undefined ? undefined : Math.max(announcedAt, back);
    return {
      ...(announcedAt !== undefined && { announcedAt: announcedAt + epoch }),
      ...(relayedAt !== undefined && { relayedAt: relayedAt + epoch }),
      ...(presence !== undefined && { presence: { ...presence, at: presence.at + epoch } }),
      ...(probe !== undefined && { probe: { ...probe, at: probe.at + epoch } }),
      ...(ttl !== undefined &&
        renewed !== undefined && { leaseEnds: renewed + ttl * 1000 + epoch }),
    };
  }
}

/** With the windows of so many seconds, and no more. */
function lately(traffic: TrafficView | undefined, seconds: number): TrafficView | null {
  if (traffic === undefined) return null;
  const { history } = traffic;
  const windows = Math.ceil(seconds / (history.at(-1)?.seconds ?? 1));
  return { ...traffic, history: history.slice(-windows) };
}
