import { isDeepStrictEqual } from 'node:util';
import type { Announcement } from '@rollcall/client';
import { createProxy } from '@rollcall/proxy';
import type {
  Decide,
  ListenAddress,
  ProxyOptions,
  ProxySettings,
  ReverseProxy,
} from '@rollcall/proxy';
import { errorMessage, InstanceTls, listenError } from '@rollcall/runtime';
import { rangesOf } from '../address-ranges.ts';
import { createFilterServices } from '../filters/filter-context.ts';
import type { FilterServices } from '../filters/filter-context.ts';
import type { SpentLimits } from '../filters/limits/local-limits.ts';
import { Router } from '../routing/router.ts';
import type { RoutingTable } from '../routing/routed-service.ts';
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
  /** A service that a filter depends on does not work. */
  readonly onFilterFault: (filter: string, reason: string) => void;
  /** Receives which requests rate limits have allowed, for the other workers. Default: there are none. */
  readonly shareLimits?: (spent: SpentLimits) => void;
  /** Receives which instances have answered requests since the last time, and when, four times a second. */
  readonly onServed: (served: Served) => void;
}

/** A data plane that is one of several workers. */
export interface InProcessDataPlane extends DataPlane {
  /** Counts requests that rate limits of another worker have allowed. */
  chargeLimits(spent: SpentLimits): void;
}

const REPORT_SERVED_EVERY_MS = 250;

/**
 * Creates a data plane in this process: a router and the proxy that it decides for.
 * @throws RollcallError ROLLCALL_CONFIG
 */
export function createInProcessDataPlane(options: InProcessOptions): InProcessDataPlane {
  const { settings, observers, onFilterFault, shareLimits, onServed } = options;
  const services = createFilterServices({
    isDry: false,
    pseudonym: settings.pseudonym,
    redisUrl: settings.redisUrl,
    share: shareLimits,
    onFault: onFilterFault,
  });
  let { instanceCredentials } = settings;
  let instanceTls = new InstanceTls(instanceCredentials);
  const router = createRouter(options, services, (instance) => instanceTls.optionsFor(instance));
  let { plainHttp } = settings;
  // Without a plain port, requests take no step more.
  const decide: Decide =
    plainHttp === undefined
      ? router.decide
      : (request) =>
          (plainHttp && decidePlain(request, plainHttp, router.servesHost)) ??
          router.decide(request);
  const proxy = asConfigError(() => createProxy(proxyOptions(options, decide)));
  const stopReporting = reportServed(router, onServed);
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
    split: (service, split) => router.split(service, split),
    takeEvidence: () => router.takeEvidence(),
    whenApplied: (call) => call(),
    chargeLimits: (spent) => services.limits.charge(spent),
    loads: () => [measureLoad(proxy, router)],
    configure(changed) {
      services.files.expire();
      // Both are checked before either is changed.
      const rules = routingRules(changed.routing, services);
      asConfigError(() => proxy.configure(proxySettings(changed)));
      ({ plainHttp } = changed);
      if (!isDeepStrictEqual(changed.instanceCredentials, instanceCredentials)) {
        ({ instanceCredentials } = changed);
        instanceTls = new InstanceTls(instanceCredentials);
      }
      router.configure(rules);
    },
    async close() {
      stopReporting();
      await proxy.close(CLOSE_GRACE_MS);
      services.close();
      await observers.close();
    },
  };
}

function createRouter(
  options: InProcessOptions,
  services: FilterServices,
  tlsFor: InstanceTls['optionsFor'],
): Router {
  const { table, settings, isTableComplete, traffic, onEjected } = options;
  return new Router({
    table,
    rules: routingRules(settings.routing, services),
    events: {
      retried: (prefix, key) => traffic.retried(prefix, key),
      ejected(prefix, key) {
        traffic.ejected(prefix, key);
        onEjected();
      },
      mirrored: (prefix, status) => traffic.mirrored(prefix, status),
      mirrorDropped: (prefix, reason) => traffic.mirrorDropped(prefix, reason),
    },
    isTableComplete,
    tlsFor,
    random: Math.random,
    now: () => performance.now(),
  });
}

/** @throws RollcallError ROLLCALL_CONFIG */
function proxyOptions(options: InProcessOptions, decide: Decide): ProxyOptions {
  const { settings, traffic, observers, onUnreachable, onRequestError } = options;
  return {
    ...proxySettings(settings),
    decide,
    pseudonym: settings.pseudonym,
    onUnreachable,
    onFilterError: (filter, error, requestId) =>
      onRequestError({ filter, reason: errorMessage(error), requestId }),
    // A bug: the stack shows where.
    onInternalError: (error, requestId) =>
      onRequestError({ reason: error.stack ?? error.message, requestId }),
    onFieldDropped: traffic.fieldDropped,
    onRequestStart: observers.traces?.begin,
    onRequestEnd: requestEnd(traffic, observers),
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

/** Reports which instances have answered requests. Returns what ends it. */
function reportServed(router: Router, onServed: InProcessOptions['onServed']): () => void {
  let reportedAt = -Infinity;
  const timer = setInterval(() => {
    const served = [...router.servedSince(reportedAt)];
    reportedAt = performance.now();
    if (served.length > 0) onServed(served);
  }, REPORT_SERVED_EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
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

function isSameEndpoint(a: Announcement, b: Announcement): boolean {
  return a.address === b.address && a.port === b.port;
}
