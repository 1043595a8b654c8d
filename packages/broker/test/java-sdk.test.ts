import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { createBroker } from '@rollcall/broker';
import { APP, client, server } from './sdk.ts';

const folder = fileURLToPath(new URL('./java-sdk/', import.meta.url));

/** The jars of the SDK, if Maven is here and can get them. */
function classPath(): string | undefined {
  const file = join(mkdtempSync(join(tmpdir(), 'java-sdk-')), 'class-path');
  const goal = 'org.apache.maven.plugins:maven-dependency-plugin:build-classpath';
  spawnSync('mvn', ['-q', '-B', goal, `-Dmdep.outputFile=${file}`], { cwd: folder });
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

// It asks for protocol 5.
it('the official Java SDK joins a presence channel and sends events', async (context) => {
  const jars = classPath();
  if (jars === undefined) return context.skip('the Java SDK needs Maven, and its repository');
  const broker = await createBroker({ apps: [APP] });
  const ann = client(broker, { userId: 'ann' });
  const room = ann.subscribe('presence-room');
  const hello = new Promise((resolve) => room.bind('client-hello', resolve));
  const program = spawn('java', ['-cp', jars, 'Main.java', `${broker.port}`, APP.key, APP.secret], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const output = text(program.stdout);
  void hello.then(() => server(broker).trigger('presence-room', 'end', { n: 1 }));
  expect((await output).trim().split('\n')).toEqual([
    'state CONNECTING',
    'state CONNECTED',
    'here ann',
    'here java',
    'event end {"n":1}',
  ]);
  ann.disconnect();
  await broker.close();
}, 120_000);
