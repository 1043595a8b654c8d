import { networkInterfaces } from 'node:os';
import type { Command } from 'commander';
import {
  announcedAddress,
  askAuthServer,
  discover,
  endpointOf,
  ownerRegistryFromEnv,
  RollcallError,
} from '@rollcall/client';
import type { RegistryConfig } from '@rollcall/client';
import { isInColour } from '@rollcall/runtime/log';
import { connectionFailure, silentLogger } from '@rollcall/runtime';
import type {
  CertificateView,
  ExposureFinding,
  ExposureView,
  InstanceView,
  StatusView,
} from '@rollcall/gateway';
import { adminAccess, adminOption, askAdmin } from '../admin.ts';
import type { AdminAccess } from '../admin.ts';
import { askBroker } from '../doctor/ask-broker.ts';
import { labelledContainers } from '../docker/labelled-containers.ts';
import { examine, placeOf } from '../doctor/examine.ts';
import type { Instruments, Received } from '../doctor/examine.ts';
import { asText, countOf } from '../doctor/finding.ts';
import type { Finding } from '../doctor/finding.ts';
import type { GatewayView } from '../doctor/gateway.ts';
import { counted } from '../terminal/counted.ts';
import { reach } from '../reach.ts';
import { READY_TIMEOUT_MS, CONNECT_TIMEOUT_MS } from '../discovery-timeouts.ts';

interface DoctorOptions {
  readonly admin?: string;
  readonly json?: boolean;
}

export function defineDoctor(command: Command): void {
  command.addOption(adminOption()).option('--json', 'print JSON').action(runDoctor);
}

/** `rollcall doctor`: exits with 1 if a check fails. */
async function runDoctor({ admin, json = false }: DoctorOptions): Promise<void> {
  const findings: Finding[] = [];
  await examine(instruments(admin), (finding) => {
    findings.push(finding);
    if (!json) console.log(asText(finding, isInColour(process.stdout)));
  });
  const failed = countOf(findings, 'fail');
  const warned = countOf(findings, 'warn');
  console.log(
    json
      ? JSON.stringify({ ok: failed === 0, findings }, null, 2)
      : `\n${failed} failed, ${counted(warned, 'warning')}`,
  );
  if (failed > 0) process.exitCode = 1;
}

function instruments(given: string | undefined): Instruments {
  const { env } = process;
  const access = adminAccess(given, env);
  return {
    nodeVersion: process.versions.node,
    registry: () => ownerRegistryFromEnv(env),
    askAuthServer,
    reachBroker: (connection) => connectionFailure(endpointOf(connection), CONNECT_TIMEOUT_MS),
    askBroker: (connection) => askBroker(connection, Date.now),
    listen,
    admin: access.url,
    isAdminNamed: access.isNamed,
    gatewayView: () => gatewayView(access),
    certificates: () => certificates(access),
    exposure: () => exposure(access),
    containers: () => labelledContainers(env['DOCKER_HOST']),
    reach,
    ownAddress: async (registry) => ({
      announced: await announced(registry),
      isGiven: (env['ROLLCALL_ADDRESS'] ?? '') !== '',
      interfaces: Object.values(networkInterfaces()).flatMap((all) =>
        (all ?? []).map(({ address }) => address),
      ),
    }),
  };
}

async function listen(registry: RegistryConfig): Promise<Received> {
  const directory = await discover({
    registry,
    timeoutMs: CONNECT_TIMEOUT_MS,
    probes: 'never',
    requireBroker: true,
    logger: silentLogger,
  });
  const answered = await directory.ready(READY_TIMEOUT_MS);
  const instances = directory.instances();
  directory.close();
  return { answered, instances };
}

async function gatewayView(access: AdminAccess): Promise<GatewayView | 'locked' | undefined> {
  try {
    const { instances } = await askAdmin<{ instances: InstanceView[] }>(access, '/api/instances');
    return new Map(instances.map((each) => [placeOf(each.announcement), each]));
  } catch (error) {
    if (!(error instanceof RollcallError)) throw error;
    return error.code === 'ROLLCALL_CONFIG' ? 'locked' : undefined;
  }
}

async function certificates(access: AdminAccess): ReturnType<Instruments['certificates']> {
  try {
    const { now, certificates: views } = await askAdmin<StatusView>(access, '/api/status');
    const all = await Promise.all(
      views.map(async (view) => ({ view, unreachable: await unreachable(view) })),
    );
    return { now, all };
  } catch (error) {
    if (!(error instanceof RollcallError)) throw error;
    return { now: 0, all: [] };
  }
}

async function exposure(access: AdminAccess): Promise<readonly ExposureFinding[] | undefined> {
  try {
    return (await askAdmin<ExposureView>(access, '/api/exposure')).findings;
  } catch (error) {
    if (!(error instanceof RollcallError)) throw error;
    return undefined;
  }
}

/** Why the challenges of a name that cannot be ordered may fail, as far as this machine can tell. */
async function unreachable({
  names,
  source,
  failures,
}: CertificateView): Promise<string | undefined> {
  const [name] = names;
  if (source === 'file' || failures === 0 || name === undefined) return undefined;
  const ports = [80, 443];
  const failed = await Promise.all(
    ports.map((port) => connectionFailure({ host: name, port }, CONNECT_TIMEOUT_MS)),
  );
  if (failed.includes(undefined)) return undefined;
  return `neither port 80 nor 443 of ${name} accepts connections from this machine (${failed[0]})`;
}

async function announced(registry: RegistryConfig): Promise<string | Error> {
  try {
    return await announcedAddress(registry, process.env);
  } catch (error) {
    if (error instanceof Error) return error;
    throw error;
  }
}
