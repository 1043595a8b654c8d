import type { Announcement, RegistryConfig, Instance } from '@rollcall/client';
import { isLoopback } from '@rollcall/protocol';
import { errorMessage } from '@rollcall/runtime';
import type { ProbeOutcome } from '@rollcall/protocol';
import type { BrokerAnswer } from './ask-broker.ts';
import * as broker from './broker.ts';
import { judgeCertificates } from './certificates.ts';
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
export interface Instruments {
  readonly nodeVersion: string;
  /** @throws Error that says which setting is invalid */
  connection(): RegistryConfig;
  askBroker(connection: RegistryConfig): Promise<BrokerAnswer>;
  /** @throws Error if there is no subscription */
  listen(connection: RegistryConfig): Promise<Received>;
  readonly admin: string;
  readonly isAdminNamed: boolean;
  /** `locked` if the token is wrong; undefined if no gateway's admin API answers. */
  gatewayView(): Promise<GatewayView | 'locked' | undefined>;
  /** The certificates of the gateway, and its time; none if its admin API does not answer. */
  certificates(): Promise<{ readonly now: number; readonly all: readonly CertificateEvidence[] }>;
  reach(announcement: Announcement): Promise<ProbeOutcome>;
  ownAddress(connection: RegistryConfig): OwnAddressFacts | Promise<OwnAddressFacts>;
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
  let connection: RegistryConfig;
  try {
    connection = instruments.connection();
  } catch (error) {
    report(
      configuration.fail(
        errorMessage(error),
        'correct it: docs/reference/config.md lists all settings',
      ),
    );
    return;
  }
  const answer = await instruments.askBroker(connection);
  const accepted = [
    broker.judgeBroker(connection, answer),
    broker.judgeClock(answer),
    broker.judgeCredentials(answer),
  ];
  accepted.forEach(report);
  report(broker.judgePrivacy(connection));
  report(
    judgeAddress({
      ...(await instruments.ownAddress(connection)),
      towardsBroker: 'status' in answer ? answer.localAddress : undefined,
      isBrokerLocal: isLocal(connection),
    }),
  );

  if (accepted.some(({ level }) => level === 'fail')) report(broker.webSocketNotTried());
  else await examineRegistry(instruments, connection, report);
}

async function examineRegistry(
  instruments: Instruments,
  connection: RegistryConfig,
  report: (finding: Finding) => void,
): Promise<void> {
  let received: Received;
  try {
    received = await instruments.listen(connection);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    report(broker.judgeWebSocket(connection, error));
    return;
  }
  report(broker.judgeWebSocket(connection, undefined));

  const { admin, isAdminNamed: isNamed } = instruments;
  const view = await instruments.gatewayView();
  judgeGateway({ admin, isNamed, view, answered: received.answered }).forEach(report);

  const { now, all } = await instruments.certificates();
  judgeCertificates(all, now).forEach(report);

  const known = view instanceof Map ? view : undefined;
  // The channel does not mention an instance that is down, but the gateway knows it.
  const places = new Map([
    ...(known ?? []),
    ...received.instances.map((each) => [placeOf(each.announcement), each] as const),
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
  judgeInstances(seen, isLocal(connection)).forEach(report);
}

/** The key of an instance in a {@link GatewayView}. */
export function placeOf({ prefix, address, port }: Announcement): string {
  return `${prefix} ${address} ${port}`;
}

function isLocal({ server }: RegistryConfig): boolean {
  return 'host' in server && isLoopback(server.host);
}
