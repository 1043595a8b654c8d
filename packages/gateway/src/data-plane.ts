import type { Announcement, Change } from '@rollcall/client';
import { addressRanges, RollcallError } from '@rollcall/protocol';
import type { AddressRanges } from '@rollcall/protocol';
import { asConfigError } from './config-error.ts';
import type { Instruments } from './instruments.ts';
import type { Certificate, ProxyOptions, ProxySettings } from '@rollcall/proxy';
import { createProxy } from '@rollcall/proxy';
import { listenError } from '@rollcall/runtime';
import { loadOf } from './traffic/load.ts';
import type { ProcessLoad } from './traffic/load.ts';
import type { TrafficCounter } from './traffic/traffic.ts';
import { matchDomain } from './routing/domain.ts';
import { policyOf } from './routing/policy.ts';
import type { AccessLogSettings, ServingSettings } from './settings/config.ts';
import { Router } from './routing/router.ts';
import type { Instances, RoutingRules } from './routing/router.ts';

/** How a data plane does what it does: plain data, so that another process can be told. */
export interface PlaneSettings {
  readonly serving: ServingSettings;
  /** PEM. With it, TLS is spoken and nothing else. */
  readonly certificate?: Certificate;
  /** See {@link ProxyOptions.instanceCa}. */
  readonly instanceCa?: string;
  /** What the gateway is called in Via: see {@link ProxyOptions.pseudonym}. */
  readonly pseudonym: string;
  readonly accessLog: AccessLogSettings;
  /** Whether a span of each request goes to an OpenTelemetry collector. */
  readonly traces: boolean;
}

export interface DataPlaneOptions extends Pick<ProxyOptions, 'onUnreachable'> {
  readonly settings: PlaneSettings;
  readonly table: Instances;
  /** Where requests are counted; it knows the same table. */
  readonly traffic: TrafficCounter;
  readonly instruments: Instruments;
}

/** What serves requests by a table that somebody else keeps. It knows nothing of channels. */
export interface DataPlane {
  /** @throws RollcallError ROLLCALL_PORT_TAKEN or ROLLCALL_LISTEN */
  listen(port: number, host: string): Promise<{ readonly host: string; readonly port: number }>;
  /** The table is other than before. */
  changed(change: Change): void;
  /** Calls back when requests are routed by every change until now; in the order of the calls. */
  whenApplied(call: () => void): void;
  /** Of each process that serves, what it has to do at this moment. */
  loads(): readonly ProcessLoad[];
  /**
   * Requests from now on are served so. Whether TLS is spoken cannot change, but the certificate can.
   * @throws RollcallError ROLLCALL_CONFIG: then all is as before
   */
  configure(settings: PlaneSettings): void;
  /** Accepts no more requests, and lets those in flight finish for a while. */
  close(): Promise<void>;
}

/** Below the 10 s after which Docker kills. */
export const CLOSE_GRACE_MS: number = 8000;

/**
 * Routing and the engine, put together.
 * @throws RollcallError ROLLCALL_CONFIG
 */
export function createDataPlane(options: DataPlaneOptions): DataPlane {
  const { table, traffic, instruments, settings, onUnreachable } = options;
  const router = new Router({
    table,
    rules: rulesOf(settings),
    events: traffic,
    random: Math.random,
    now: () => performance.now(),
  });
  const engine = asConfigError(() =>
    createProxy({
      ...engineSettings(settings),
      decide: router.decide,
      pseudonym: settings.pseudonym,
      ...(settings.instanceCa !== undefined && { instanceCa: settings.instanceCa }),
      onUnreachable,
      onRequestStart: instruments.traces?.begin,
      onRequestEnd: told(traffic, instruments),
    }),
  );
  return {
    async listen(port, host) {
      try {
        return await engine.listen(port, host);
      } catch (error) {
        throw listenError(error as NodeJS.ErrnoException, host, port, '--port');
      }
    },
    changed({ type, instance, was }) {
      router.changed(instance.announcement.prefix);
      if (was !== undefined) router.changed(was.prefix);
      if (type === 'left' || type === 'forgotten') {
        router.forget(instance.key);
        engine.release(instance.announcement);
      }
      if (was !== undefined && !isSamePlace(was, instance.announcement)) engine.release(was);
    },
    whenApplied: (call) => call(),
    loads: () => [loadOf(engine, router)],
    configure(changed) {
      // Both are checked before either is changed.
      const rules = rulesOf(changed);
      asConfigError(() => engine.configure(engineSettings(changed)));
      router.configure(rules);
    },
    async close() {
      await engine.close(CLOSE_GRACE_MS);
      await instruments.close();
    },
  };
}

/** Who is told of each request. */
function told(
  traffic: TrafficCounter,
  { accessLog }: Instruments,
): NonNullable<ProxyOptions['onRequestEnd']> {
  if (accessLog === undefined) return traffic.count;
  return (exchanged) => {
    traffic.count(exchanged);
    accessLog.write(exchanged);
  };
}

function rulesOf({ serving }: PlaneSettings): RoutingRules {
  return {
    isOurs: matchDomain(serving.domain ?? 'localhost'),
    policyOf: (prefix, asked) => policyOf(serving, prefix, asked),
  };
}

function engineSettings({ serving, certificate }: PlaneSettings): ProxySettings {
  return {
    limits: serving.limits,
    isTrustedProxy: rangesOf(serving.trustedProxies),
    ...(certificate !== undefined && { certificate }),
  };
}

/** @throws RollcallError ROLLCALL_CONFIG */
function rangesOf(cidrs: readonly string[]): AddressRanges {
  const ranges = addressRanges(cidrs);
  if (typeof ranges === 'string') throw new RollcallError('ROLLCALL_CONFIG', ranges);
  return ranges;
}

function isSamePlace(a: Announcement, b: Announcement): boolean {
  return a.address === b.address && a.port === b.port;
}
