import { Duplex } from 'node:stream';
import { createProxy } from '@rollcall/proxy';
import type { ClientSocket, Forward, ProxySettings, RequestSummary } from '@rollcall/proxy';
import type { FilterServices } from '../filters/filter-context.ts';
import { describeFilters } from '../filters/filters.ts';
import type { FilterView } from '../filters/filters.ts';
import type { RoutingSettings } from '../settings/config.ts';
import type { Route } from './forwarding.ts';
import type { RoutePolicy } from './policy.ts';
import { Router } from './router.ts';
import type { RoutingTable } from './routed-service.ts';
import { filterContext, routingRules } from './rules.ts';
import { describeVersionRules } from './version-rules.ts';

/** A request whose way is shown. */
export interface DryRequest {
  readonly method: string;
  /** Path and query, byte by byte as a client sends them. */
  readonly target: string;
  readonly host: string;
  /** Further header fields. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Whether the client uses TLS. */
  readonly isSecure: boolean;
}

/** How the requests of a route are served: docs/reference/config.md has the meaning of each setting. */
export interface RouteView extends Pick<
  RoutePolicy,
  'strip' | 'balancing' | 'ejection' | 'retries'
> {
  /** How the path is replaced; absent if it is not. */
  readonly rewrite?: RoutePolicy['rewrite'];
  /** How a version is chosen, for people; absent if new versions are guarded and nothing else is set. */
  readonly versions?: string;
  /** Only what is limited. */
  readonly limits: Partial<RoutePolicy['limits']>;
}

/** What becomes of a request. */
export interface DryOutcome {
  /** The route, or the case of it, by its id; undefined if it has none. */
  readonly matched: string | undefined;
  /** The prefix whose instances serve it, or the name of its upstreams; undefined if it has no route. */
  readonly service: string | undefined;
  /** What an instance would receive; undefined if it would not reach one. */
  readonly target: string | undefined;
  /** The gateway's own response, if it would not reach an instance. */
  readonly answer:
    | {
        readonly status: number;
        /** Of a problem. */
        readonly code: string | undefined;
        readonly detail: string | undefined;
        /** The filter that answers. */
        readonly filter: string | undefined;
        /** Of a redirect. */
        readonly location: string | undefined;
      }
    | undefined;
  readonly route: RouteView | undefined;
  readonly filters: readonly FilterView[];
}

export type DryRun = (request: DryRequest) => Promise<DryOutcome>;

export interface DryRunOptions {
  readonly table: RoutingTable;
  readonly settings: RoutingSettings;
  /** Of dry runs. */
  readonly services: FilterServices;
  readonly proxy: Pick<ProxySettings, 'limits' | 'isTrustedProxy'>;
  /** The name of the gateway in `Via`. */
  readonly pseudonym: string;
}

/**
 * Runs a request through the proxy, the router and the filters that serve clients, up to the instance: nothing is sent
 * to it. Whether the instances are ejected or at their limits is another question, which depends on the moment.
 */
export async function dryRun(request: DryRequest, options: DryRunOptions): Promise<DryOutcome> {
  const { table, settings, services, proxy: proxySettings, pseudonym } = options;
  const rules = routingRules(settings, services);
  const router = new Router({
    table,
    rules,
    // No instance is connected to.
    tlsFor: () => undefined,
    random: () => 0,
    now: monotonic,
  });
  let target: string | undefined;
  let route: Route | undefined;
  const client = new DryClient(request.isSecure);
  const summary = await new Promise<RequestSummary>((resolve) => {
    const proxy = createProxy({
      ...proxySettings,
      pseudonym,
      decide(view) {
        route = router.routeOf(view);
        const decision = router.decide(view);
        if (decision.type === 'answer') return decision;
        return withoutInstance(decision, () => (target = decision.target));
      },
      onRequestEnd(ended) {
        resolve(ended);
        setImmediate(() => void proxy.close(0));
      },
    });
    proxy.serve(client);
    client.push(headOf(request), 'latin1');
  });
  const { status, problem: code, filter } = summary;
  const { detail, location } = client.response();
  return {
    matched: route?.rule.id,
    service: route?.rule.service,
    target,
    answer: target === undefined ? { status, code, detail, filter, location } : undefined,
    route: route && routeView(route.policy),
    filters:
      route === undefined ? [] : describeFilters(route.policy, filterContext(settings, services)),
  };
}

function monotonic(): number {
  return performance.now();
}

/** A decision that ends where the first instance would be connected to. */
function withoutInstance(decision: Forward, onReached: () => void): Forward {
  return {
    type: 'forward',
    target: decision.target,
    ...(decision.route !== undefined && { route: decision.route }),
    ...(decision.prefix !== undefined && { prefix: decision.prefix }),
    ...(decision.isStripped !== undefined && { isStripped: decision.isStripped }),
    limits: decision.limits,
    filters: decision.filters,
    get unavailable() {
      return decision.unavailable ?? { code: '', status: 503, title: '', detail: '' };
    },
    next() {
      if (decision.next() !== undefined) onReached();
      return undefined;
    },
  };
}

function routeView({
  strip,
  rewrite,
  balancing,
  ejection,
  retries,
  limits,
  versionRules,
}: RoutePolicy): RouteView {
  const versions = describeVersionRules(versionRules);
  // JSON has no Infinity.
  const limited = Object.entries(limits).filter(([, limit]) => limit !== Infinity);
  const isRewritten = rewrite.replacement !== undefined;
  return {
    strip,
    ...(isRewritten && { rewrite }),
    ...(versions !== undefined && { versions }),
    balancing,
    ejection,
    retries,
    limits: Object.fromEntries(limited),
  };
}

function headOf({ method, target, host, headers }: DryRequest): string {
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return `${method} ${target} HTTP/1.1\r\nHost: ${host}\r\n${lines}\r\n`;
}

/** A client in memory, which keeps what it receives. */
class DryClient extends Duplex implements ClientSocket {
  readonly remoteAddress = '127.0.0.1';
  readonly encrypted: boolean;
  readonly #received: Buffer[] = [];

  constructor(encrypted: boolean) {
    super();
    this.encrypted = encrypted;
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#received.push(chunk);
    done();
  }

  destroySoon(): void {
    this.destroy();
  }

  setKeepAlive(): this {
    return this;
  }

  /** What is shown of the response. */
  response(): { detail: string | undefined; location: string | undefined } {
    const [head = '', body = ''] = Buffer.concat(this.#received)
      .toString('utf8')
      .split('\r\n\r\n', 2);
    const [, location] = /^location: (.*)$/im.exec(head.replaceAll('\r', '')) ?? [];
    return { detail: detailOf(body), location };
  }
}

function detailOf(body: string): string | undefined {
  try {
    return (JSON.parse(body) as { readonly detail?: string }).detail;
  } catch {
    return undefined;
  }
}
