import { drain, exitCodeOf, register, RollcallError } from '@rollcall/client';
import { endWithParent, listen, shutdown } from '@rollcall/runtime';
import { createLogger, readLogSettings } from '@rollcall/runtime/log';
import { createApi } from './api.ts';
import { announcedAddress, settingsFromEnvironment } from './settings.ts';

async function main(): Promise<void> {
  endWithParent();
  const { env, stdout } = process;
  const logger = createLogger({ ...readLogSettings({}, env), destination: stdout });
  shutdown.logTo(logger);
  const settings = settingsFromEnvironment(env);
  const server = createApi({ serverName: settings.serverName, now: Date.now });
  const { host, port } = await listen(server, settings.host, settings.port, 'PORT');
  logger.info({ host, port }, 'id-v5 listens');

  const address = env['ROLLCALL_ADDRESS'] || announcedAddress(host);
  const { announcement } = await register({
    prefix: '/v1',
    port,
    name: 'id-v5',
    health: { path: '/health', method: 'GET' },
    ...(address !== undefined && { address }),
    onSignal: ({ left }) => {
      if (left) logger.info('left the registry');
      return drain(server);
    },
  });
  logger.info(
    { prefix: announcement.prefix, address: announcement.address, port: announcement.port },
    'registered',
  );
}

main().catch((error: unknown) => {
  console.error(error instanceof RollcallError ? error.message : error);
  process.exit(exitCodeOf(error));
});
