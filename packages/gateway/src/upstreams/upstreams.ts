import { isIP } from 'node:net';
import type { ConfiguredInstance, Directory } from '@rollcall/client';
import { SERVER_NAME, schemeFacts } from '@rollcall/protocol';
import type { InstanceIdentity } from '@rollcall/protocol';
import { errorMessage } from '@rollcall/runtime';
import type { Logger } from '@rollcall/runtime';
import type { UpstreamPolicy } from '../address-policies.ts';
import type { ConfiguredUpstreams } from '../routing/rules.ts';
import { hostOfUrl } from '../routing/host-header.ts';
import { parseUpstreamUrl } from '../routing/upstream-url.ts';
import { resolveName } from './resolve-name.ts';
import type { ResolveName } from './resolve-name.ts';

export interface UpstreamsOptions {
  readonly directory: Pick<Directory, 'configure'>;
  readonly logger: Logger;
  readonly policy: UpstreamPolicy;
  /** Default: by the system and DNS. */
  readonly resolve?: ResolveName;
}

interface Name {
  addresses: readonly string[];
  hasFailed: boolean;
  timer: NodeJS.Timeout | undefined;
  /** Settles when it was resolved, or could not be, for the first time. */
  first: Promise<void>;
}

const RETRY_MS = 5000;
const NOT_CONFIGURED = 'it is not configured any more';

/** Keeps the upstreams of a configuration in the table, each address of a DNS name by itself. */
export class Upstreams {
  readonly #options: Required<UpstreamsOptions>;
  readonly #names = new Map<string, Name>();
  /** The URLs of which an address is refused. */
  readonly #refused = new Set<string>();
  #lists: readonly ConfiguredUpstreams[] = [];

  constructor(options: UpstreamsOptions) {
    this.#options = { resolve: resolveName, ...options };
  }

  /**
   * Replaces all upstreams.
   * @param apply makes requests go by the new ones: it is called while the old ones are still there. If it throws, they stay
   */
  configure(lists: readonly ConfiguredUpstreams[], apply: () => void): void {
    const before = this.#lists;
    this.#show([...before, ...lists]);
    try {
      apply();
    } catch (error) {
      this.#show(before);
      throw error;
    }
    this.#show(lists);
  }

  /** Resolves when every name was resolved, or could not be, or after a time. */
  async ready(withinMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<void>((resolve) => (timer = setTimeout(resolve, withinMs)));
    const all = Promise.all(Array.from(this.#names.values(), ({ first }) => first));
    await Promise.race([all, timeout]);
    clearTimeout(timer);
  }

  close(): void {
    for (const { timer } of this.#names.values()) clearTimeout(timer);
    this.#names.clear();
  }

  /** Makes these the upstreams in the table. Of two lists of one name the later counts. */
  #show(lists: readonly ConfiguredUpstreams[]): void {
    const wanted = new Map(lists.map((list) => [list.name, list]));
    const gone = this.#lists.filter(({ name }) => !wanted.has(name));
    this.#lists = [...wanted.values()];
    this.#followNames();
    for (const list of this.#lists) this.#enter(list, NOT_CONFIGURED);
    for (const { name } of gone) this.#options.directory.configure(name, [], NOT_CONFIGURED);
  }

  #followNames(): void {
    const hosts = this.#lists.flatMap(({ urls }) => urls.map(hostOf));
    const wanted = new Set(hosts.filter((host) => isIP(host) === 0));
    for (const [host, { timer }] of this.#names) {
      if (wanted.has(host)) continue;
      clearTimeout(timer);
      this.#names.delete(host);
    }
    for (const host of wanted) if (!this.#names.has(host)) this.#follow(host);
  }

  #follow(host: string): void {
    const first = Promise.resolve();
    const name: Name = { addresses: [], hasFailed: false, timer: undefined, first };
    this.#names.set(host, name);
    name.first = this.#resolve(host, name);
  }

  /** Resolves a name now, and again when its addresses are not valid any more. A failure keeps the last ones. */
  async #resolve(host: string, name: Name): Promise<void> {
    const { resolve, logger } = this.#options;
    let again = RETRY_MS;
    let failure: unknown;
    let { addresses } = name;
    try {
      const found = await resolve(host);
      again = found.validMs;
      ({ addresses } = found);
    } catch (error) {
      failure = error;
    }
    // Meanwhile it may not be configured any more.
    if (this.#names.get(host) !== name) return;
    if (failure !== undefined && !name.hasFailed) {
      const kept = addresses.length === 0 ? 'it has no address' : 'keeping its last addresses';
      logger.warn({ host, reason: errorMessage(failure) }, `cannot resolve an upstream: ${kept}`);
    }
    if (failure === undefined && name.hasFailed)
      logger.info({ host }, 'resolved an upstream again');
    name.hasFailed = failure !== undefined;
    name.timer = setTimeout(() => void this.#resolve(host, name), again).unref();
    if (addresses.join() === name.addresses.join()) return;
    name.addresses = addresses;
    for (const list of this.#lists)
      if (list.urls.some((url) => hostOf(url) === host))
        this.#enter(list, `${host} does not resolve to it any more`);
  }

  #enter({ name, urls, health, hostHeader, tls = {} }: ConfiguredUpstreams, why: string): void {
    const instances = urls.flatMap((url): ConfiguredInstance[] => {
      const { scheme = 'http', host = '', port = 0 } = parseUpstreamUrl(url) ?? {};
      const addresses = isIP(host) === 0 ? (this.#names.get(host)?.addresses ?? []) : [host];
      const check =
        health === undefined ? {} : { health: healthCheck(health, probedHost(hostHeader, url)) };
      const identity = schemeFacts({ scheme }).isSecure && identityFor(tls, host);
      return this.#accepted(url, addresses, port).map((address) => ({
        url,
        scheme,
        address,
        port,
        ...(identity && { tls: identity }),
        ...check,
      }));
    });
    this.#options.directory.configure(name, instances, why);
  }

  /** Returns the addresses that are not refused, and logs once why others are. */
  #accepted(url: string, addresses: readonly string[], port: number): string[] {
    const { policy, logger } = this.#options;
    const refusals = addresses.map((address) => policy(address, port));
    const reason = refusals.find((each) => each !== undefined);
    if (reason === undefined) this.#refused.delete(url);
    else if (!this.#refused.has(url)) {
      this.#refused.add(url);
      logger.warn({ url, reason }, 'refused an upstream');
    }
    return addresses.filter((_address, index) => refusals[index] === undefined);
  }
}

/** Returns what the certificate of a configured upstream has to be for: the DNS name of its URL, unless more is configured. */
function identityFor(
  { serverName, spiffeId }: InstanceIdentity,
  host: string,
): InstanceIdentity | undefined {
  const name = serverName ?? (SERVER_NAME.test(host) ? host : undefined);
  if (name === undefined && spiffeId === undefined) return undefined;
  return {
    ...(name !== undefined && { serverName: name }),
    ...(spiffeId !== undefined && { spiffeId }),
  };
}

/** Returns the Host of probes, which is that of requests; undefined if those have their clients'. */
function probedHost(header: string, url: string): string | undefined {
  if (header === 'client') return undefined;
  return header === 'upstream' ? hostOfUrl(url) : header;
}

function healthCheck(
  path: string,
  host: string | undefined,
): NonNullable<ConfiguredInstance['health']> {
  return host === undefined ? { path, method: 'GET' } : { path, method: 'GET', host };
}

function hostOf(url: string): string {
  return parseUpstreamUrl(url)?.host ?? '';
}
