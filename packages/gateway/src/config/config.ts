import { isDeepStrictEqual } from 'node:util';
import type { ProbeRules } from '@rollcall/protocol';
import type { CertificateFiles } from '@rollcall/runtime';
import type { AccessLogSettings } from '../access-log/entry.ts';
import type { CatalogOptions } from '../catalog/servers.ts';
import type { RoutingSettings } from '../routing/policy.ts';

/** What a gateway can be told, but for its channel: plain data. docs/reference/gateway.md has the meaning of each. */
export interface GatewayConfig extends RoutingSettings, CatalogOptions {
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default 1500; 0 lets the system choose. */
  readonly port?: number;
  /** The host that requests must name, or `*` for any. Default `localhost:<port>`, which is every name of loopback. */
  readonly domain?: string;
  /**
   * CIDRs of the addresses that instances may announce. Default: every address but those of metadata
   * services, and loopback only if the gateway listens on loopback itself.
   */
  readonly allow?: readonly string[];
  /** CIDRs of addresses that are refused, allowed or not. Default: none. */
  readonly deny?: readonly string[];
  /** CIDRs of proxies in front of the gateway, whose word about where a request comes from counts. Default: none. */
  readonly trustedProxies?: readonly string[];
  /** With it, TLS is spoken and nothing else. The files are looked at every 2 s, and a new certificate is taken. */
  readonly tls?: CertificateFiles;
  /** A PEM file: who signs the certificates of instances that speak TLS. Default: whom Node trusts. */
  readonly instanceCa?: string;
  /** How instances are asked whether they are well. */
  readonly probes?: Partial<ProbeRules>;
  /** Where the admin API listens. Default 127.0.0.1; anywhere else it needs a token. */
  readonly adminHost?: string;
  /** Default: one above the port. */
  readonly adminPort?: number;
  /** What whoever changes something over the admin API must know; off loopback, also who reads. At least 16 characters. */
  readonly adminToken?: string;
  /** A file that keeps the last known table for the next start. Default: none. */
  readonly snapshotFile?: string;
  /**
   * In how many processes requests are served, `auto` for one for each core. Default 1: in this one. With more,
   * this one does all else. Limits and what is learnt of instances by traffic are of each process.
   */
  readonly workers?: number | 'auto';
  /** What is written down of requests, as JSON, one a line. */
  readonly accessLog?: AccessLogSettings;
  /**
   * Whether a span of each request goes to an OpenTelemetry collector: its SDK, which has to be installed beside this
   * package, reads where that is from `OTEL_EXPORTER_OTLP_ENDPOINT`. Default false.
   */
  readonly traces?: boolean;
}

/** What a configuration file may hold: docs/reference/config.md. */
export interface FileConfig extends Omit<GatewayConfig, 'adminToken' | 'snapshotFile' | 'traces'> {
  /** A file that holds the token. */
  readonly adminTokenFile?: string;
  /** A file, or `none`. */
  readonly snapshot?: string;
}

/** What can change while a gateway runs; all else waits for the next start. */
const CHANGEABLE = {
  domain: true,
  trustedProxies: true,
  strip: true,
  balancing: true,
  ejection: true,
  retries: true,
  limits: true,
  routes: true,
} as const satisfies Partial<Record<keyof GatewayConfig, true>>;

/** The settings that differ and cannot change while a gateway runs. */
export function fixedChanges(before: GatewayConfig, after: GatewayConfig): string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]) as Set<
    keyof GatewayConfig
  >;
  return [...names].filter(
    (name) => !(name in CHANGEABLE) && !isDeepStrictEqual(before[name], after[name]),
  );
}
