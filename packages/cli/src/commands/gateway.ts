import { connectionFromEnvironment, describeServer, EMBEDDED_HOST } from '@rollcall/client';
import { createGateway, defaultAdminPort } from '@rollcall/gateway';
import { accessLogSettings } from '../access-log.ts';
import { adminToken } from '../admin-token.ts';
import { closeOnSignal, tellParent } from '../lifetime.ts';
import { list, listenHost, listenPort, workerCount } from '../options.ts';
import { snapshotPath } from '../snapshot-path.ts';

export interface GatewayCommandOptions {
  readonly host?: string;
  readonly port?: string;
  readonly domain?: string;
  readonly adminHost?: string;
  readonly adminPort?: string;
  readonly adminTokenFile?: string;
  readonly allow?: string;
  readonly deny?: string;
  readonly snapshot?: string;
  readonly workers?: string;
  readonly accessLog?: string;
  readonly accessLogSample?: string;
  readonly accessLogQuery?: true;
}

export const GATEWAY_PORT = 1500;

/** `rollcall gateway` */
export async function runGateway(options: GatewayCommandOptions): Promise<void> {
  const { env } = process;
  const host = listenHost(
    options.host === undefined ? 'HOST' : '--host',
    options.host ?? (env['HOST'] || EMBEDDED_HOST),
  );
  const port = listenPort(
    [
      ['--port', options.port],
      ['PORT', env['PORT']],
    ],
    GATEWAY_PORT,
  );
  const domain = options.domain ?? (env['DOMAIN'] || undefined);
  const adminPort = listenPort(
    [
      ['--admin-port', options.adminPort],
      ['ROLLCALL_ADMIN_PORT', env['ROLLCALL_ADMIN_PORT']],
    ],
    defaultAdminPort(port),
  );
  const adminHost = listenHost(
    options.adminHost === undefined ? 'ROLLCALL_ADMIN_HOST' : '--admin-host',
    options.adminHost ?? (env['ROLLCALL_ADMIN_HOST'] || EMBEDDED_HOST),
  );
  const token = adminToken(options.adminTokenFile, env['ROLLCALL_ADMIN_TOKEN']);
  const workers = workerCount(
    options.workers === undefined ? 'ROLLCALL_WORKERS' : '--workers',
    options.workers ?? (env['ROLLCALL_WORKERS'] || '1'),
  );
  const accessLog = accessLogSettings(options, env);
  const connection = connectionFromEnvironment(env);
  const snapshotFile = snapshotPath(
    options.snapshot ?? (env['ROLLCALL_SNAPSHOT'] || undefined),
    env,
    `${describeServer(connection)} ${connection.appId} ${connection.channels.registry} ${port}`,
  );
  const gateway = await createGateway({
    connection,
    host,
    port,
    adminHost,
    adminPort,
    ...(token !== undefined && { adminToken: token }),
    workers,
    traces: Boolean(env['OTEL_EXPORTER_OTLP_ENDPOINT']),
    ...(accessLog !== undefined && { accessLog }),
    allow: list(options.allow ?? env['ROLLCALL_ALLOW']),
    deny: list(options.deny ?? env['ROLLCALL_DENY']),
    ...(domain !== undefined && { domain }),
    ...(snapshotFile !== undefined && { snapshotFile }),
    log: console.log,
  });
  closeOnSignal(() => gateway.close());
  console.log(`gateway listens at ${gateway.url} (admin API at ${gateway.adminUrl})`);
  tellParent(gateway);
}
