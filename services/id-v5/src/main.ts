import { drain, exitCodeOf, register, RollcallError } from '@rollcall/client';
import { listen } from '@rollcall/runtime';
import { createApi } from './api.ts';
import { announcedAddress, settingsFromEnvironment } from './settings.ts';

async function main(): Promise<void> {
  endWithParent();
  const settings = settingsFromEnvironment(process.env);
  const server = createApi({ serverName: settings.serverName, now: Date.now });
  const { host, port } = await listen(server, settings.host, settings.port, 'PORT');
  console.log(`id-v5 listens on ${host} port ${port}`);

  const address = process.env['ROLLCALL_ADDRESS'] || announcedAddress(host);
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

main().catch((error: unknown) => {
  console.error(error instanceof RollcallError ? error.message : error);
  process.exit(exitCodeOf(error));
});
