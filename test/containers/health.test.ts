import { afterAll, beforeAll, describe, it, vi } from 'vitest';
import { Engine } from '../support/engine.ts';
import { loadImages, whyNoImages } from '../support/images.ts';
import { Network } from '../support/network.ts';
import { ROOT } from '../support/document.ts';

const why = whyNoImages();
/** As little as a container may have. */
const HARDENED = [
  '--read-only',
  '--tmpfs=/tmp',
  '--cap-drop=ALL',
  '--security-opt=no-new-privileges',
];
/** The check of the image, more often. */
const OFTEN = ['--health-interval=1s', '--health-retries=1'];
const ENVIRONMENT = Object.entries({
  PUSHER_APP_ID: '7',
  PUSHER_APP_KEY: 'key-of-the-app',
  PUSHER_APP_SECRET: 'secret-of-the-app',
  // The first container.
  PUSHER_HOST: '10.101.0.2',
  PUSHER_PORT: '6001',
}).map(([name, value]) => `--env=${name}=${value}`);
const TLS = ['--tls-cert=/tls/one-cert.pem', '--tls-key=/tls/one-key.pem'];

const SERVERS: [name: string, command: string[]][] = [
  ['a gateway', ['rollcall']],
  ['a gateway with TLS', ['rollcall', 'gateway', ...TLS]],
  ['a broker on all addresses', ['rollcall', 'broker', '--host=0.0.0.0']],
  ['a broker on one address', ['rollcall', 'broker', '--host=127.0.0.2']],
  ['a broker on IPv6', ['rollcall', 'broker', '--host=::']],
  ['id-v5', ['id-v5']],
  ['id-v4', ['id-v4']],
];

describe.skipIf(why !== undefined)(`health checks${why ? ` (skipped: ${why})` : ''}`, () => {
  const network = new Network();
  let engine: Engine;
  beforeAll(async () => {
    engine = await Engine.start(await network.host());
    await loadImages(engine);
    await engine.docker([
      'run',
      '--detach',
      '--name=broker',
      ...ENVIRONMENT,
      'rollcall',
      'broker',
      '--host=0.0.0.0',
    ]);
  });
  afterAll(async () => {
    await engine.end();
    await network.end();
  });

  async function start(command: readonly string[]): Promise<string> {
    const volume = `--volume=${ROOT}/test/support/tls:/tls:ro`;
    return engine.docker([
      'run',
      '--detach',
      volume,
      ...HARDENED,
      ...OFTEN,
      ...ENVIRONMENT,
      ...command,
    ]);
  }

  const inspect = (container: string, field: string): Promise<string> =>
    engine.docker(['inspect', `--format={{.State.${field}}}`, container]);
  async function becomes(container: string, health: string): Promise<void> {
    await vi.waitUntil(async () => (await inspect(container, 'Health.Status')) === health, 60_000);
  }

  it.concurrent.for(SERVERS)(
    '%s is healthy, but not while it hangs',
    async ([, command], { expect }) => {
      const id = await start(command);
      await becomes(id, 'healthy');
      await engine.docker(['kill', '--signal=STOP', id]);
      await becomes(id, 'unhealthy');
      await engine.docker(['kill', '--signal=CONT', id]);
      await becomes(id, 'healthy');
      await engine.docker(['stop', id]);
      expect(await inspect(id, 'ExitCode')).toBe('0');
    },
  );

  it.for([
    ['a gateway with workers', ['gateway', '--workers=2']],
    ['a command that listens on nothing', ['watch']],
  ] as const)('%s is healthy', async ([, command]) => {
    await becomes(await start(['rollcall', ...command]), 'healthy');
  });
});
