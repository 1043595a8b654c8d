import { addressFromEnv, drain, exitCodeOf, register, RollcallError } from '@rollcall/client';
import { endWithParent, listen, shutdown } from '@rollcall/runtime';
import type { Logger } from '@rollcall/runtime';
import { createLogger, readLogSettings } from '@rollcall/runtime/log';
import type { ProgramLogger } from '@rollcall/runtime/log';
import { createApi } from './api.ts';
import { announcedAddress, settingsFromEnvironment } from './settings.ts';

async function main(logger: Logger): Promise<void> {
  endWithParent();
  const { env } = process;
  const settings = settingsFromEnvironment(env);
  let isRegistered = false;
  const server = createApi({
    serverName: settings.serverName,
    isRegistered: () => isRegistered,
    now: Date.now,
  });
  const { host, port } = await listen(server, settings.host, settings.port, 'PORT');
  logger.info({ host, port }, 'id-v5 listens');

  const address = addressFromEnv(env) ?? announcedAddress(host);
  const registration = await register({
    prefix: '/v1',
    port,
    name: 'id-v5',
    host: settings.serverName,
    health: { path: '/health', method: 'GET' },
    ...(address !== undefined && { address }),
    logger,
    onSignal: ({ left }) => {
      if (left) logger.info('left the registry');
      return drain(server);
    },
  });
  await registration.registered;
  isRegistered = true;
}

function openLog(): ProgramLogger {
  try {
    return createLogger({ ...readLogSettings({}, process.env), destination: process.stdout });
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exit(exitCodeOf(error));
  }
}

const logger = openLog();
shutdown.logTo(logger);
main(logger).catch(async (error: unknown) => {
  if (error instanceof RollcallError) logger.error({ code: error.code }, error.message);
  else logger.error({ err: error }, 'unexpected error');
  await logger.flush(1000);
  process.exit(exitCodeOf(error));
});
