import type { BrokerStatus, Directory } from '@rollcall/client';
import { RULES } from '@rollcall/protocol';
import type { Journal, Peer } from '@rollcall/protocol';
import type { Caller } from '@rollcall/runtime/admin';
import type { CertificateView } from '../certificates/views.ts';
import type { AuditLog, AuditState } from '../audit/audit-log.ts';
import { SCOPES } from '../settings/admin.ts';
import type { Scope } from '../settings/admin.ts';
import type { Access } from './access.ts';

/**
 * What a gateway's table is worth.
 * - `connected`: it is subscribed to the registry, at one of its brokers at least.
 * - `disconnected`: it is not, and routes by its last known table, which its probes keep verifying.
 * - `expired`: it is not, and its table is empty, or so old that other gateways can no longer correct it.
 */
export type DiscoveryState = 'connected' | 'disconnected' | 'expired';

/** Facts that do not change while a gateway runs. */
export interface GatewayFacts {
  /** Its name in `Via` and in its roll calls. */
  readonly name: string;
  readonly url: string;
  /** The hosts of which requests must name one, separated by commas. */
  readonly domain: string;
  /** The brokers, for people. */
  readonly server: string;
  /** The registry's channel. */
  readonly channel: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
}

/** The gateway itself in the admin API. */
export interface StatusView {
  /** Facts that do not change while it runs. */
  readonly gateway: GatewayFacts;
  /** The gateway's clock, in milliseconds since 1970, to compare other times with. */
  readonly now: number;
  /** The state of its table. */
  readonly discovery: DiscoveryStatus;
  /** Which requests need the token. With `none` there is no token, and no change is accepted. */
  readonly token: 'none' | 'to-change' | 'always';
  /** Who asks, by the token of the request. */
  readonly caller: CallerView;
  /** Whether the audit log outlives the gateway. */
  readonly audit: AuditState;
  /** How many services it knows. */
  readonly services: number;
  /** How many instances it knows. */
  readonly instances: number;
  /** Its certificates: in files, and ordered by itself. */
  readonly certificates: readonly CertificateView[];
  /** Other gateways of the registry, and how their tables differed from this one's. */
  readonly peers: readonly Peer[];
}

/** Times are milliseconds since 1970, and ISO 8601 in JSON. */
interface DiscoveryStatus {
  readonly state: DiscoveryState;
  /** When the connection was made or lost. If lost, the table is of that time. */
  readonly since: number;
  /** Each broker of the registry. */
  readonly brokers: readonly BrokerStatus[];
}

/** Who sent a request, and what it may do. */
export interface CallerView {
  /** The name of its token; absent without a valid one. */
  readonly name?: string;
  /** What it may do. Without a token, it may read on loopback. */
  readonly scopes: readonly Scope[];
  /** When its token expires; absent if it does not. */
  readonly expiresAt?: number;
}

interface StatusOptions {
  readonly gateway: GatewayFacts;
  readonly access: Pick<Access, 'isLocal' | 'tokens'>;
  readonly audit: Pick<AuditLog, 'state'>;
  readonly directory: Pick<Directory, 'isConnected' | 'brokers' | 'instances' | 'prefixes'>;
  readonly journal: Journal;
  readonly certificates?: () => readonly CertificateView[];
  /** The clock of the journal. */
  readonly now: () => number;
  /** Add it to that clock to get milliseconds since 1970. */
  readonly epoch: () => number;
}

/** Builds the view of the gateway itself. */
export function statusView(
  { gateway, access, audit, directory, journal, certificates, now, epoch }: StatusOptions,
  caller: Caller<Scope>,
  peers: readonly Peer[],
): StatusView {
  const { isLocal, tokens } = access;
  return {
    gateway,
    now: now() + epoch(),
    discovery: {
      state: discoveryStateOf(directory, journal, now()),
      since: linkChangedAt(journal) + epoch(),
      brokers: directory.brokers(),
    },
    token: tokens.isEmpty ? 'none' : isLocal ? 'to-change' : 'always',
    caller: callerView(caller, isLocal),
    audit: audit.state,
    instances: directory.instances().length,
    services: directory.prefixes().length,
    certificates: certificates?.() ?? [],
    peers,
  };
}

function callerView({ token }: Caller<Scope>, isLocal: boolean): CallerView {
  const may = (scope: Scope): boolean =>
    token?.scopes.includes(scope) === true || (scope === 'read' && isLocal);
  const scopes = SCOPES.filter(may);
  if (token === undefined) return { scopes };
  const { name, expiresAt } = token;
  return { name, scopes, ...(expiresAt !== undefined && { expiresAt }) };
}

/** When the connection to the registry was last made or lost, in the journal's time. */
function linkChangedAt({ link }: Journal): number {
  return link.at(-1)?.at ?? 0;
}

/** What the state means, in a sentence for people. */
export function describeDiscovery(
  state: DiscoveryState,
  { link }: Journal,
  brokers: readonly BrokerStatus[],
): string {
  const what = brokers.length === 1 ? 'the broker' : `any of its ${brokers.length} brokers`;
  if (state === 'connected') return describeConnected(brokers);
  const outage =
    link.length === 0
      ? `It has not reached ${what} since it started`
      : `It is not connected to ${what}`;
  if (state === 'expired') return `${outage}, and its table is empty or out of date.`;
  const source = link.length === 0 ? 'its snapshot' : 'its last known table';
  return `${outage}. It routes by ${source}, and its probes keep verifying the instances.`;
}

function describeConnected(brokers: readonly BrokerStatus[]): string {
  if (brokers.length === 1) return 'It is connected to the broker.';
  const lost = brokers.filter(({ isConnected }) => !isConnected).map(({ name }) => name);
  if (lost.length === 0) return `It is connected to all of its ${brokers.length} brokers.`;
  const connected = brokers.length - lost.length;
  return `It is connected to ${connected} of its ${brokers.length} brokers, and not to ${lost.join(' and ')}.`;
}

/**
 * A gateway without its broker stays ready for ten minutes: taking it out of service at once would turn an outage of
 * the broker into an outage of everything. After that, observers have forgotten which instances left.
 *
 * @param now in the journal's time
 */
export function discoveryStateOf(
  directory: Pick<Directory, 'isConnected' | 'prefixes'>,
  journal: Journal,
  now: number,
): DiscoveryState {
  if (directory.isConnected) return 'connected';
  const isOld = now - linkChangedAt(journal) >= RULES.tombstoneMs;
  return isOld || directory.prefixes().length === 0 ? 'expired' : 'disconnected';
}

/** Which names have no valid certificate, in a sentence for people; `''` if all have one. @param now milliseconds since 1970 */
export function describeCertificates(
  certificates: readonly CertificateView[],
  now: number,
): string {
  const names = certificates
    .filter(({ expiresAt }) => expiresAt === undefined || expiresAt <= now)
    .flatMap((each) => each.names);
  return names.length === 0 ? '' : ` It has no valid certificate for ${names.join(', ')}.`;
}
