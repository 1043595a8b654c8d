import { connectionsOf, describeBroker } from '@rollcall/client';
import type {
  Announcement,
  AuthServer,
  ConnectionConfig,
  Instance,
  RegistryConfig,
} from '@rollcall/client';
import { isLoopback } from '@rollcall/protocol';
import { errorMessage } from '@rollcall/runtime';
import type { ExposureFinding } from '@rollcall/gateway';
import type { ProbeOutcome } from '@rollcall/protocol';
import type { BrokerAnswer } from './ask-broker.ts';
import { examineAuthServer } from './auth-server.ts';
import type { AuthInstruments } from './auth-server.ts';
import * as broker from './broker.ts';
import type { Container } from '../docker/container.ts';
import { judgeCertificates } from './certificates.ts';
import { judgeContainers } from './containers.ts';
import { judgeExposure } from './exposure.ts';
import type { CertificateEvidence } from './certificates.ts';
import { check } from './finding.ts';
import type { Finding } from './finding.ts';
import { judgeGateway } from './gateway.ts';
import type { GatewayView } from './gateway.ts';
import { judgeInstances } from './instances.ts';
import type { ProbedInstance } from './instances.ts';
import { judgeAddress, judgeNode } from './machine.ts';
import type { OwnAddress } from './machine.ts';

/** What an observer receives from the registry. */
export interface Received {
  readonly instances: readonly Instance[];
  /** A gateway answered. */
  readonly answered: boolean;
}

type OwnAddressFacts = Pick<OwnAddress, 'announced' | 'isGiven' | 'interfaces'>;

/** All I/O of an examination. */
export interface Instruments extends AuthInstruments {
  readonly nodeVersion: string;
  /** @throws Error that says which setting is invalid */
  registry(): RegistryConfig | AuthServer;
  askBroker(connection: ConnectionConfig): Promise<BrokerAnswer>;
  /** @throws Error if there is no subscription */
  listen(registry: RegistryConfig): Promise<Received>;
  readonly admin: string;
  readonly isAdminNamed: boolean;
  /** `locked` if the token is wrong; undefined if no gateway's admin API answers. */
  gatewayView(): Promise<GatewayView | 'locked' | undefined>;
  /** The certificates of the gateway, and its time; none if its admin API does not answer. */
  certificates(): Promise<{ readonly now: number; readonly all: readonly CertificateEvidence[] }>;
  reach(announcement: Announcement): Promise<ProbeOutcome>;
  /** How exposed the deployment is, as the gateway finds; undefined if its admin API does not answer. */
  exposure(): Promise<readonly ExposureFinding[] | undefined>;
  /** The containers with labels on this machine, or why they cannot be read; undefined if it has no engine. */
  containers(): Promise<readonly Container[] | Error | undefined>;
  ownAddress(registry: RegistryConfig): OwnAddressFacts | Promise<OwnAddressFacts>;
}

const configuration = check('configuration');
/** Each probe takes a socket, and a shell allows about a thousand. */
const MAX_PROBES = 100;

/** Runs all checks, in the order in which they depend on each other. */
export async function examine(
  instruments: Instruments,
  report: (finding: Finding) => void,
): Promise<void> {
  report(judgeNode(instruments.nodeVersion));
  let registry: RegistryConfig | AuthServer;
  try {
    registry = instruments.registry();
  } catch (error) {
    report(
      configuration.fail(
        errorMessage(error),
        'correct it: docs/reference/config.md lists all settings',
      ),
    );
    return;
  }
  if (!('brokers' in registry)) {
    await examineAuthServer(instruments, registry, report);
    return;
  }
  const asked = [];
  for (const connection of connectionsOf(registry)) {
    const answer = await instruments.askBroker(connection);
    const accepted = [
      broker.judgeBroker(connection, answer),
      ...[broker.judgeClock(answer), broker.judgeCredentials(connection, answer)].map((each) =>
        atBroker(registry, connection, each),
      ),
    ];
    accepted.forEach(report);
    const localAddress = 'status' in answer ? answer.localAddress : undefined;
    const hasFailed = accepted.some(({ level }) => level === 'fail');
    asked.push({ connection, localAddress, hasFailed });
  }
  const own = await instruments.ownAddress(registry);
  report(
    judgeAddress({
      ...own,
      towardsBroker: asked.find(({ localAddress }) => localAddress !== undefined)?.localAddress,
      isBrokerLocal: isLocal(registry),
    }),
  );

  const received: Received[] = [];
  for (const { connection, hasFailed } of asked) {
    const [finding, heard] = hasFailed
      ? [broker.webSocketNotTried()]
      : await listen(instruments, registry, connection);
    report(atBroker(registry, connection, finding));
    if (heard !== undefined) received.push(heard);
  }
  if (received.length > 0) await examineRegistry(instruments, registry, received, report);
  const announcements = received.flatMap(({ instances }) =>
    instances.map(({ announcement }) => announcement),
  );
  const containers = await instruments.containers();
  if (containers !== undefined && typeof own.announced === 'string')
    judgeContainers(containers, announcements, own.announced).forEach(report);
  const here = { registry, announcements, ownAddresses: own.interfaces, now: Date.now() };
  judgeExposure(await instruments.exposure(), here).forEach(report);
}

/** Says at which broker something was found, if there are several. */
function atBroker(
  { brokers }: RegistryConfig,
  connection: ConnectionConfig,
  finding: Finding,
): Finding {
  if (brokers.length === 1) return finding;
  return { ...finding, found: `${describeBroker(connection)}: ${finding.found}` };
}

/** Listens at one broker of a registry. */
async function listen(
  instruments: Instruments,
  registry: RegistryConfig,
  connection: ConnectionConfig,
): Promise<[Finding, Received?]> {
  try {
    const received = await instruments.listen({ ...registry, brokers: [connection] });
    return [broker.judgeWebSocket(connection, undefined), received];
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return [broker.judgeWebSocket(connection, error)];
  }
}

async function examineRegistry(
  instruments: Instruments,
  registry: RegistryConfig,
  received: readonly Received[],
  report: (finding: Finding) => void,
): Promise<void> {
  const { admin, isAdminNamed: isNamed } = instruments;
  const view = await instruments.gatewayView();
  const answered = received.some((each) => each.answered);
  judgeGateway({ admin, isNamed, view, answered }).forEach(report);

  const { now, all } = await instruments.certificates();
  judgeCertificates(all, now).forEach(report);

  const known = view instanceof Map ? view : undefined;
  // The channel does not mention an instance that is down, but the gateway knows it.
  const places = new Map([
    ...(known ?? []),
    ...received.flatMap(({ instances }) =>
      instances.map((each) => [placeOf(each.announcement), each] as const),
    ),
  ]);
  const announcements = [...places.values()].map(({ announcement }) => announcement);
  const seen: ProbedInstance[] = [];
  for (let first = 0; first < announcements.length; first += MAX_PROBES) {
    const batch = announcements.slice(first, first + MAX_PROBES).map(async (announcement) => ({
      announcement,
      reach: await instruments.reach(announcement),
      atGateway: known && (known.get(placeOf(announcement))?.status ?? ('absent' as const)),
    }));
    seen.push(...(await Promise.all(batch)));
  }
  judgeInstances(seen, isLocal(registry)).forEach(report);
}

/** The key of an instance in a {@link GatewayView}. */
export function placeOf({ prefix, address, port }: Announcement): string {
  return `${prefix} ${address} ${port}`;
}

function isLocal({ brokers }: RegistryConfig): boolean {
  return brokers.every(({ server }) => 'host' in server && isLoopback(server.host));
}
