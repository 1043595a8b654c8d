import { isIP } from 'node:net';
import type { ConfiguredInstance, Directory } from '@rollcall/client';
import type { Logger } from '@rollcall/runtime';
import type { UpstreamPolicy } from '../address-policies.ts';
import { parseUpstreamUrl } from '../routing/upstream-url.ts';
import { instanceAt } from './configured-servers.ts';
import type { ConfiguredServer, ConfiguredServers } from './configured-servers.ts';
import { Names } from './names.ts';
import { createResolve } from './resolve.ts';
import type { Resolve, Target } from './resolve.ts';

export interface UpstreamsOptions {
  readonly directory: Pick<Directory, 'configure'>;
  readonly logger: Logger;
  readonly policy: UpstreamPolicy;
  /** Default: by the system and DNS. */
  readonly resolve?: Resolve;
}

/** How long old servers take the place of new ones whose names are not resolved yet. */
const MAX_WAIT_MS = 5000;
const NOT_CONFIGURED = 'it is not configured any more';

/** Keeps the servers that a configuration names in the table, each address of a DNS name by itself. */
export class Upstreams {
  readonly #options: UpstreamsOptions;
  readonly #names: Names;
  /** The URLs of which an address is refused. */
  readonly #refused = new Set<string>();
  /** The URLs that lead to other servers than the table has. */
  readonly #moved = new Set<string>();
  /** What is in the table. */
  #lists: readonly ConfiguredServers[] = [];
  /** How often they were replaced. */
  #times = 0;

  constructor(options: UpstreamsOptions) {
    this.#options = options;
    const { resolve = createResolve(), logger } = options;
    this.#names = new Names({ resolve, logger, onChange: (url) => this.#noteMoved(url) });
  }

  /**
   * Replaces all servers. The old ones stay until the names of the new ones are resolved, for a time.
   * @param apply makes requests go by the new ones: it is called while the old ones are still there. If it throws, they stay
   */
  configure(lists: readonly ConfiguredServers[], apply: () => void): void {
    const before = this.#lists;
    this.#show(merged(before, lists));
    try {
      apply();
    } catch (error) {
      this.#show(before);
      throw error;
    }
    const times = ++this.#times;
    if (this.#names.isSettled) this.#show(lists);
    else
      void this.ready(MAX_WAIT_MS).then(() => {
        if (times === this.#times) this.#show(lists);
      });
  }

  /** Resolves when every name was resolved, or could not be, or after a time. */
  async ready(withinMs: number): Promise<void> {
    await this.#names.ready(withinMs);
    this.#enterMoved();
  }

  close(): void {
    this.#times++;
    this.#names.follow(new Set());
    this.#moved.clear();
  }

  /** Makes these the servers in the table. */
  #show(lists: readonly ConfiguredServers[]): void {
    const wanted = new Set(lists.map(({ name }) => name));
    const gone = this.#lists.filter(({ name }) => !wanted.has(name));
    this.#lists = lists;
    const urls = lists.flatMap(({ servers }) => servers.map(({ url }) => url));
    this.#names.follow(new Set(urls.filter((url) => isIP(hostOf(url)) === 0)));
    for (const list of lists) this.#enter(list, NOT_CONFIGURED);
    for (const { name } of gone) this.#options.directory.configure(name, [], NOT_CONFIGURED);
  }

  /** Of thousands of names that are resolved in a turn of the event loop, each would enter all servers of its list. */
  #noteMoved(url: string): void {
    if (this.#moved.size === 0) setImmediate(() => this.#enterMoved());
    this.#moved.add(url);
  }

  #enterMoved(): void {
    if (this.#moved.size === 0) return;
    for (const list of this.#lists) {
      const moved = list.servers.filter(({ url }) => this.#moved.has(url));
      const [host = '', another] = new Set(moved.map(({ url }) => hostOf(url)));
      const name = another === undefined ? host : 'its name';
      if (moved.length > 0) this.#enter(list, `${name} does not resolve to it any more`);
    }
    this.#moved.clear();
  }

  #enter({ name, servers }: ConfiguredServers, why: string): void {
    const instances = new Map<string, ConfiguredInstance>();
    for (const server of servers)
      for (const target of this.#accepted(server)) {
        // Of two that lead to one address and port, the first counts.
        const endpoint = `${target.address} ${target.port}`;
        if (!instances.has(endpoint)) instances.set(endpoint, instanceAt(server, target));
      }
    this.#options.directory.configure(name, [...instances.values()], why);
  }

  /** Returns the servers that are not refused, and logs once why others are. */
  #accepted({ url }: ConfiguredServer): readonly Target[] {
    const { policy, logger } = this.#options;
    const targets = this.#targetsOf(url);
    const refusals = targets.map(({ address, port }) => policy(address, port));
    const reason = refusals.find((each) => each !== undefined);
    if (reason === undefined) this.#refused.delete(url);
    else if (!this.#refused.has(url)) {
      this.#refused.add(url);
      logger.warn({ url, reason }, 'refused an upstream');
    }
    return targets.filter((_target, index) => refusals[index] === undefined);
  }

  #targetsOf(url: string): readonly Target[] {
    const { host = '', port = 0 } = parseUpstreamUrl(url) ?? {};
    return isIP(host) === 0 ? this.#names.targetsOf(url) : [{ host, address: host, port }];
  }
}

/** Returns all servers of two configurations. */
function merged(
  before: readonly ConfiguredServers[],
  after: readonly ConfiguredServers[],
): ConfiguredServers[] {
  const lists = new Map(before.map((list) => [list.name, list]));
  for (const { name, servers } of after) {
    const old = lists.get(name)?.servers ?? [];
    // The new ones come first, because the first counts.
    lists.set(name, { name, servers: [...servers, ...old] });
  }
  return [...lists.values()];
}

function hostOf(url: string): string {
  return parseUpstreamUrl(url)?.host ?? '';
}
