import type { Announcement } from '@rollcall/client';
import { addressRanges, RollcallError } from '@rollcall/protocol';
import type { AddressRanges } from '@rollcall/protocol';
import { createProxy } from '@rollcall/proxy';
import type {
  Decide,
  ListenAddress,
  ProxyOptions,
  ProxySettings,
  ReverseProxy,
} from '@rollcall/proxy';
import { errorMessage, listenError } from '@rollcall/runtime';
import { Router } from '../routing/router.ts';
import type { RoutingTable } from '../routing/router.ts';
import { routingRules } from '../routing/rules.ts';
import { measureLoad } from '../traffic/process-load.ts';
import type { TrafficCounter } from '../traffic/traffic-counter.ts';
import { asConfigError } from './config-error.ts';
import { CLOSE_GRACE_MS } from './data-plane.ts';
import type { DataPlane, DataPlaneSettings, RequestError, Served } from './data-plane.ts';
import { decidePlain } from './plain-http.ts';
import type { RequestObservers } from './request-observers.ts';

export interface InProcessOptions extends Pick<ProxyOptions, 'onUnreachable'> {
  readonly settings: DataPlaneSettings;
  readonly table: RoutingTable;
  /** Whether the table was received from the registry. Default: true. */
  readonly isTableComplete?: boolean;
  /** Counts the requests. It follows the same table. */
  readonly traffic: TrafficCounter;
  readonly observers: RequestObservers;
  /** An instance was ejected. */
  readonly onEjected: () => void;
  readonly onRequestError: (error: RequestError) => void;
  /** Receives which instances have answered requests since the last time, and when, four times a second. */
  readonly onServed: (served: Served) => void;
}

const REPORT_SERVED_EVERY_MS = 250;

/**
 * Creates a data plane in this process: a router and the proxy that it decides for.
 * @throws RollcallError ROLLCALL_CONFIG
 */
export function createInProcessDataPlane(options: InProcessOptions): DataPlane {
  const { table, traffic, observers, settings } = options;
  const { onUnreachable, onEjected, onRequestError, onServed } = options;
  const router = new Router({
    table,
    rules: routingRules(settings.routing),
    events: {
      retried: (prefix, key) => traffic.retried(prefix, key),
      ejected(prefix, key) {
        traffic.ejected(prefix, key);
        onEjected();
      },
    },
    isTableComplete: options.isTableComplete,
    random: Math.random,
    now: () => performance.now(),
  });
  let { plainHttp } = settings;
  // Without a plain port, requests take no step more.
  const decide: Decide =
    plainHttp === undefined
      ? router.decide
      : (request) => (plainHttp && decidePlain(request, plainHttp)) ?? router.decide(request);
  const proxy = asConfigError(() =>
    createProxy({
      ...proxySettings(settings),
      decide,
      pseudonym: settings.pseudonym,
      ...(settings.instanceCa !== undefined && { upstreamCa: settings.instanceCa }),
      onUnreachable,
      onFilterError: (filter, error, requestId) =>
        onRequestError({ filter, reason: errorMessage(error), requestId }),
      // A bug: the stack shows where.
      onInternalError: (error, requestId) =>
        onRequestError({ reason: error.stack ?? error.message, requestId }),
      onFieldDropped: traffic.fieldDropped,
      onRequestStart: observers.traces?.begin,
      onRequestEnd: requestEnd(traffic, observers),
    }),
  );
  let reportedAt = -Infinity;
  const timer = setInterval(() => {
    const served = [...router.servedSince(reportedAt)];
    reportedAt = performance.now();
    if (served.length > 0) onServed(served);
  }, REPORT_SERVED_EVERY_MS);
  timer.unref();
  return {
    async listen({ port, httpPort }, host) {
      const address = await listenAt((...at) => proxy.listen(...at), {
        host,
        port,
        flag: '--port',
      });
      if (httpPort === undefined) return address;
      const plain = await listenAt((...at) => proxy.listenPlain(...at), {
        host,
        port: httpPort,
        flag: '--http-port',
      });
      return { ...address, httpPort: plain.port };
    },
    apply({ type, instance, was }) {
      router.instancesChanged(instance.announcement.prefix);
      if (was !== undefined) router.instancesChanged(was.prefix);
      if (type === 'left' || type === 'forgotten') {
        router.forget(instance.key);
        proxy.release(instance.announcement);
      }
      if (was !== undefined && !isSameEndpoint(was, instance.announcement)) proxy.release(was);
    },
    forgetPrefix: (prefix) => router.forgetPrefix(prefix),
    tableCompleted: () => router.tableCompleted(),
    whenApplied: (call) => call(),
    loads: () => [measureLoad(proxy, router)],
    configure(changed) {
      // Both are checked before either is changed.
      const rules = routingRules(changed.routing);
      asConfigError(() => proxy.configure(proxySettings(changed)));
      ({ plainHttp } = changed);
      router.configure(rules);
    },
    async close() {
      clearInterval(timer);
      await proxy.close(CLOSE_GRACE_MS);
      await observers.close();
    },
  };
}

/** Returns what counts each request and, if it is on, writes it to the access log. */
function requestEnd(
  traffic: TrafficCounter,
  { accessLog }: RequestObservers,
): NonNullable<ProxyOptions['onRequestEnd']> {
  if (accessLog === undefined) return traffic.countRequest;
  return (request) => {
    traffic.countRequest(request);
    accessLog.write(request);
  };
}

/** Returns the part of the settings that the proxy works by. */
export function proxySettings({
  routing,
  tls,
}: Pick<DataPlaneSettings, 'routing' | 'tls'>): ProxySettings {
  return {
    limits: routing.limits,
    isTrustedProxy: rangesOf(routing.trustedProxies),
    underscoresInHeaders: routing.underscoresInHeaders,
    via: routing.via,
    ...(tls !== undefined && { tls }),
  };
}

interface ListenOptions {
  readonly host: string;
  readonly port: number;
  readonly flag: string;
}

/** @throws RollcallError ROLLCALL_PORT_TAKEN or ROLLCALL_LISTEN */
async function listenAt(
  listen: ReverseProxy['listen'],
  { host, port, flag }: ListenOptions,
): Promise<ListenAddress> {
  try {
    return await listen(port, host);
  } catch (error) {
    throw listenError(error as NodeJS.ErrnoException, host, port, flag);
  }
}

/** @throws RollcallError ROLLCALL_CONFIG */
function rangesOf(cidrs: readonly string[]): AddressRanges {
  const ranges = addressRanges(cidrs);
  if (typeof ranges === 'string') throw new RollcallError('ROLLCALL_CONFIG', ranges);
  return ranges;
}

function isSameEndpoint(a: Announcement, b: Announcement): boolean {
  return a.address === b.address && a.port === b.port;
}
