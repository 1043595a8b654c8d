import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { RawClient } from '../../packages/broker/test/raw-client.ts';
import { PROGRAMS, Programs } from '../support/processes.ts';

const programs = new Programs();
afterEach(() => programs.endAll());

const file = join(mkdtempSync(join(tmpdir(), 'rollcall-broker-')), 'broker.json');
const app = (n: number) => ({ appId: `${n}`, key: `key-${n}`, secret: 'secret' });
const write = (config: unknown) => writeFileSync(file, JSON.stringify(config));

it('a broker reads its apps again on SIGHUP and when the file changes', async () => {
  write({ apps: [app(1), app(2)] });
  const broker = programs.node(PROGRAMS.cli, ['broker', '--config', file, '--port', '0']);
  const [, url = ''] = await broker.line(/broker listens.*(http:[\w.:/]+)/);
  const clients = [1, 2].map((n) => new RawClient({ url }, `/app/key-${n}?protocol=7`));
  for (const client of clients) await client.next();
  const [kept, removed] = clients;

  write({ apps: [app(1), app(3)] });
  const reloaded = broker.nextLine(/reloaded configuration/);
  broker.kill('SIGHUP');
  await reloaded;
  expect(await removed?.closed).toBe(4001);
  const added = new RawClient({ url }, '/app/key-3?protocol=7');
  expect(await added.next()).toMatchObject({ event: 'pusher:connection_established' });

  const invalid = broker.nextLine(/cannot reload configuration reason=.*unknown key/);
  write({ apps: [app(1)], maxSubscription: 1 });
  await invalid;
  const inPart = broker.nextLine(
    /reloaded configuration, in part .*needRestart=.*maxSubscriptions/,
  );
  write({ apps: [app(1)], maxSubscriptions: 1 });
  await inPart;
  expect(await added.closed).toBe(4001);
  await kept?.settled();
  kept?.socket.terminate();
});
