import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RawClient } from '../../../broker/test/raw-client.ts';
import { PROGRAMS, Programs } from '../../../../test/support/processes.ts';
import type { RunningProgram } from '../../../../test/support/processes.ts';

const APP = { PUSHER_APP_ID: '1', PUSHER_APP_KEY: 'a-key', PUSHER_APP_SECRET: 's3cret' };

const programs = new Programs();
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rollcall-broker-'));
});
afterEach(async () => {
  await programs.endAll();
  rmSync(folder, { recursive: true });
});

const broker = (...args: string[]): RunningProgram =>
  programs.node(PROGRAMS.cli, ['broker', ...args], APP);

async function greeting(url: string, key: string): Promise<string> {
  const client = new RawClient({ url }, `/app/${key}?protocol=7`);
  const greeting = await client.next();
  await client.kill();
  return JSON.stringify(greeting.data);
}

function configFile(content: unknown): string {
  const file = join(folder, 'broker.json');
  writeFileSync(file, JSON.stringify(content));
  return file;
}

describe('rollcall broker', () => {
  it('serves the apps of a config file, over which a flag takes precedence', async () => {
    const apps = [
      { appId: '1', key: 'one', secret: 's3cret' },
      { appId: '2', key: 'two', secret: 's3cret' },
    ];
    const file = configFile({ apps, port: 1, activityTimeoutMs: 9_000 });
    const program = broker('--config', file, '--port', '0', '--activity-timeout', '5');
    const [, url = ''] = await program.line(/broker listens url=(\S+)/);
    await program.line(/serving app appId=2$/);
    for (const { key } of apps) {
      expect(await greeting(url, key)).toContain(String.raw`activity_timeout\":5`);
    }
    expect(await greeting(url, 'a-key'), 'and no others').toContain('4001');
    expect(program.output).not.toContain('s3cret');
  });

  it('serves metrics at the printed URL', async () => {
    const program = broker('--port', '0', '--metrics-port', '0');
    const [, url = ''] = await program.line(/metrics listen url=(\S+)/);
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:/);
    expect(await (await fetch(url)).text()).toContain('rollcall_broker_connections{app="1"} 0');
  });

  it.each([
    [
      ['--activity-timeout', '0'],
      /--activity-timeout is "0"; it must be a whole number of seconds from 1 to 2147483$/,
    ],
    [['--pong-timeout', '1s'], /--pong-timeout is "1s"/],
    [['--max-subscriptions', '-1'], /--max-subscriptions is "-1"/],
    [['--metrics-port', 'x'], /--metrics-port is "x"/],
    [['--tls-cert', 'cert.pem'], /`tls\.key` is missing: give --tls-key too/],
    [['--tls-cert', 'none.pem', '--tls-key', 'k'], /cannot read none\.pem \(ENOENT\)/],
    [['--config', 'none.json'], /cannot read none\.json \(ENOENT\)/],
  ])('with %j reports the error in one line, and exits with 2', async (args, message) => {
    const program = broker('--port', '0', ...args);
    expect((await program.ended).code).toBe(2);
    expect(program.lines).toEqual([expect.stringMatching(message)]);
  });
});
