import { connectionFromEnvironment, EMBEDDED_HOST } from '@rollcall/client';
import { createGateway } from '@rollcall/gateway';
import { closeOnSignal, tellParent } from '../lifetime.ts';
import { listenHost, listenPort } from '../options.ts';

export interface GatewayCommandOptions {
  readonly host?: string;
  readonly port?: string;
  readonly domain?: string;
  readonly snapshot?: string;
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
  const snapshotFile = options.snapshot ?? (env['ROLLCALL_SNAPSHOT'] || undefined);
  const gateway = await createGateway({
    connection: connectionFromEnvironment(env),
    host,
    port,
    ...(domain !== undefined && { domain }),
    ...(snapshotFile !== undefined && { snapshotFile }),
    log: console.log,
  });
  closeOnSignal(() => gateway.close());
  console.log(`gateway listens at ${gateway.url}`);
  tellParent(gateway);
}
