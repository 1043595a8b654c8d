import { once } from 'node:events';
import type { Server } from 'node:http';
import { drain, exitCodeOf, register, RollcallError } from '@rollcall/client';
import { createApi } from './api.ts';
import { announcedAddress, settingsFromEnvironment } from './settings.ts';
import type { Settings } from './settings.ts';

async function main(): Promise<void> {
  endWithParent();
  const settings = settingsFromEnvironment(process.env);
  const server = createApi({ serverName: settings.serverName, now: Date.now });
  const port = await listen(server, settings);
  console.log(`id-v5 listens on ${settings.host} port ${port}`);

  const address = process.env['ROLLCALL_ADDRESS'] || announcedAddress(settings.host);
  const { announcement } = await register({
    prefix: '/v1',
    port,
    name: 'id-v5',
    health: { path: '/health', method: 'GET' },
    ...(address !== undefined && { address }),
    onSignal: ({ left }) => {
      if (left) console.log('left the registry');
      return drain(server);
    },
  });
  console.log(
    `registered ${announcement.prefix} at ${announcement.address} port ${announcement.port}`,
  );
}

/** `rollcall up` starts us with a channel, which closes even when it is ended by SIGKILL. */
function endWithParent(): void {
  if (process.send === undefined) return;
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
}

async function listen(server: Server, { host, port }: Settings): Promise<number> {
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (error) {
    throw listenError(error, host, port);
  }
  const bound = server.address();
  return typeof bound === 'object' && bound !== null ? bound.port : port;
}

function listenError(cause: unknown, host: string, port: number): RollcallError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
  const where = `cannot listen on ${host} port ${port}`;
  return code === 'EADDRINUSE'
    ? new RollcallError('ROLLCALL_PORT_TAKEN', `${where}: set PORT to a free one`, { cause })
    : new RollcallError(
        'ROLLCALL_LISTEN',
        `${where} (${code}): set HOST to an address of this machine, and PORT to one above 1023 unless privileged`,
        { cause },
      );
}

main().catch((error: unknown) => {
  console.error(error instanceof RollcallError ? error.message : error);
  process.exit(exitCodeOf(error));
});
