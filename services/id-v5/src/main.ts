import { once } from 'node:events';
import type { Server } from 'node:http';
import { drain, exitCodeOf, register, RollcallError } from '@rollcall/client';
import { createApi } from './api.ts';
import { announcedAddress, settingsFromEnvironment } from './settings.ts';
import type { Settings } from './settings.ts';

async function main(): Promise<void> {
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

async function listen(server: Server, { host, port }: Settings): Promise<number> {
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (cause) {
    throw new RollcallError(
      'ROLLCALL_PORT_TAKEN',
      `cannot listen on ${host} port ${port}: set PORT to a free one`,
      { cause },
    );
  }
  const bound = server.address();
  return typeof bound === 'object' && bound !== null ? bound.port : port;
}

main().catch((error: unknown) => {
  console.error(error instanceof RollcallError ? error.message : error);
  process.exit(exitCodeOf(error));
});
