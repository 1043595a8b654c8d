import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Cluster } from '../support/cluster.ts';
import { PROGRAMS, Programs } from '../support/processes.ts';
import type { Environment } from '../support/processes.ts';
import { freePort } from '../support/free-port.js';

const programs = new Programs();
let cluster: Cluster;
let taken: string;
beforeAll(async () => {
  cluster = await Cluster.start();
  taken = cluster.env['PUSHER_PORT'] ?? '';
});
afterAll(() => cluster.end());
afterEach(() => programs.endAll());

async function outcome(module: string, args: string[], env: Environment = {}) {
  const program = programs.node(module, args, env);
  const { code } = await program.ended;
  return { code, lines: program.lines };
}

const MASTER_KEY = Buffer.alloc(32, 7).toString('base64');
const HOSTED = { PUSHER_APP_ID: '1', PUSHER_APP_KEY: 'k', PUSHER_APP_SECRET: 's3cret' };

describe('a usage error is one line and an exit code', () => {
  it.each<[string[], Environment, RegExp]>([
    [['gateway', '--port', '70000'], {}, /--port is "70000"/],
    [['gateway'], { PORT: 'x' }, /PORT is "x"/],
    [['gateway', '--host', 'example.com'], {}, /--host is "example.com"/],
    [['gateway', '--domain', 'http://x'], {}, /--domain is "http:\/\/x"/],
    [['gateway'], { PUSHER_APP_ID: '1' }, /PUSHER_APP_KEY and PUSHER_APP_SECRET not set/],
    [['gateway'], { PUSHER_APP_CLUSTER: 'eu' }, /development credentials/],
    [['ls'], { PUSHER_HOST: '192.0.2.1' }, /development credentials/],
    [['ls'], { ROLLCALL_CHANNEL: 'presence-x' }, /ROLLCALL_CHANNEL is "presence-x"/],
    [['ls'], { ROLLCALL_MASTER_KEY: MASTER_KEY }, /ROLLCALL_MASTER_KEY is set, but/],
    [
      ['ls'],
      { ROLLCALL_CHANNEL: 'private-encrypted-x', ROLLCALL_MASTER_KEY: 's3cret' },
      /ROLLCALL_MASTER_KEY is invalid; it must be 32 bytes/,
    ],
    [
      ['gateway', '--allow', '10.0.0.0/8,x'],
      {},
      /--allow has the item "x"; it must be an address range/,
    ],
    [
      ['gateway'],
      { ROLLCALL_DENY: '10.0.0.0/33' },
      /ROLLCALL_DENY has the item "10\.0\.0\.0\/33"; it must be/,
    ],
    [['gateway', '--admin-port', '-1'], {}, /--admin-port is "-1"/],
    [['gateway', '--admin-host', '0.0.0.0'], {}, /would be open to others: .* --admin-token-file/],
    [
      ['gateway'],
      { ROLLCALL_ADMIN_TOKEN: 's3cret' },
      /ROLLCALL_ADMIN_TOKEN is invalid; it must be at least 16 of/,
    ],
    [['gateway', '--admin-token-file', '/none'], {}, /cannot read \/none \(ENOENT\)/],
    [['explain', 'v1'], {}, /the path is "v1"/],
    [['broker', '--host', '0.0.0.0'], {}, /development credentials/],
    [['broker', '--port', 'x'], {}, /--port is "x"/],
    [['watch'], { PUSHER_HOST: '192.0.2.1' }, /development credentials/],
    [['budget', '--instances', '-1'], {}, /--instances is "-1"; .* from 0 to 100000/],
    [['budget', '--gateways', '0'], {}, /--gateways is "0"; .* from 1 to 1000/],
    [['budget', '--ttl', '1e3'], {}, /--ttl is "1e3"; .* from 1 to 3600/],
    [['budget', '--rollouts', '0.5'], {}, /--rollouts is "0\.5"/],
    [['budget', '--reconnects', ''], {}, /--reconnects is ""/],
    [['budget', '--max-messages', '0'], {}, /--max-messages is "0"/],
    [['up'], { PUSHER_APP_SECURE: 'yes', ...HOSTED }, /PUSHER_APP_SECURE is "yes"/],
    [['run', '--prefix', 'v3', '--port', '1', '--', 'true'], {}, /prefix "v3" must start with/],
    [['run', '--prefix', '/v3', '--port', '0', '--', 'true'], {}, /port is "0"/],
    [
      ['run', '--prefix', '/v3', '--port', '1', '--address', 'x', '--', 'true'],
      {},
      /address is "x"/,
    ],
    [
      ['run', '--prefix', '/v3', '--port', '1', '--health', 'x', '--', 'true'],
      {},
      /health\.path is "x"/,
    ],
  ])('rollcall %j with %j: 2', async (args, env, message) => {
    const { code, lines } = await outcome(PROGRAMS.cli, args, env);
    expect(lines).toEqual([expect.stringMatching(message)]);
    expect(lines[0]).not.toContain('s3cret');
    expect(code).toBe(2);
  });

  it.each([
    [['nonsense'], 'rollcall --help'],
    [['help', 'nonsense'], 'rollcall --help'],
    [['gateway', '--nonsense'], 'rollcall gateway --help'],
    [['config', 'check', '--nonsense'], 'rollcall config check --help'],
    [['run', '--port', '1', '--', 'true'], 'rollcall run --help'],
    [['ls', 'nonsense'], 'rollcall ls --help'],
  ])('rollcall %j: 2, with a hint to %s', async (args, hint) => {
    const { code, lines } = await outcome(PROGRAMS.cli, args);
    expect(lines[0]).toMatch(/^error: /);
    expect(lines.at(-1)).toContain(`(${hint} `);
    expect(code).toBe(2);
  });

  it.each([
    [['gatway'], '(Did you mean gateway?)'],
    [['ls', '--jsom'], '(Did you mean --json?)'],
    [['config', 'chek'], '(Did you mean check?)'],
  ])('rollcall %j: %s', async (args, suggestion) => {
    expect((await outcome(PROGRAMS.cli, args)).lines).toContain(suggestion);
  });

  it('rollcall --help: 0', async () => {
    expect((await outcome(PROGRAMS.cli, ['--help'])).code).toBe(0);
  });

  it('rollcall help config check: as rollcall config check --help', async () => {
    const help = await outcome(PROGRAMS.cli, ['help', 'config', 'check']);
    expect(help.lines[0]).toMatch(/^Usage: rollcall config check /);
    expect(help).toEqual(await outcome(PROGRAMS.cli, ['config', 'check', '--help']));
  });

  it.each(['-v', '-V', '--version'])('rollcall %s: the version', async (flag) => {
    expect(await outcome(PROGRAMS.cli, [flag])).toEqual({
      code: 0,
      lines: [expect.stringMatching(/^\d+\./)],
    });
  });

  it('a port in use: 3', async () => {
    const broker = await outcome(PROGRAMS.cli, ['broker'], cluster.env);
    expect(broker).toEqual({
      code: 3,
      lines: [expect.stringContaining(`port ${taken} on 127.0.0.1 is taken`)],
    });
    const gateway = await outcome(PROGRAMS.cli, ['gateway', '--port', taken], cluster.env);
    expect(gateway).toEqual({ code: 3, lines: [expect.stringContaining(`port ${taken}`)] });
    const service = await outcome(PROGRAMS.idV5, [], { ...cluster.env, PORT: taken });
    expect(service).toEqual({ code: 3, lines: [expect.stringContaining(`port ${taken}`)] });
  });

  it('an address of another machine: 3, without blaming the port', async () => {
    // 192.0.2.0/24 is for documentation, RFC 5737.
    const env = { ...cluster.env, HOST: '192.0.2.1', PORT: '0' };
    expect(await outcome(PROGRAMS.idV5, [], env)).toEqual({
      code: 3,
      lines: [
        expect.stringContaining(
          'cannot listen on 192.0.2.1 port 0 (EADDRNOTAVAIL): choose an IP address of this machine',
        ),
      ],
    });
  });

  it('an unreachable broker: 4', async () => {
    const env = { PUSHER_PORT: String(await freePort()) };
    const message = expect.stringMatching(
      /cannot reach the broker at 127\.0\.0\.1:\d+ .*rollcall broker/,
    ) as string;
    const all = ['ls', 'watch'].map((command) => outcome(PROGRAMS.cli, [command], env));
    for (const one of await Promise.all(all)) expect(one).toEqual({ code: 4, lines: [message] });
    const gateway = ['gateway', '--port', '0', '--require-broker'];
    expect(await outcome(PROGRAMS.cli, gateway, env)).toEqual({
      code: 4,
      lines: [message],
    });
  });

  it('an unreachable gateway: 4', async () => {
    const admin = `http://127.0.0.1:${await freePort()}`;
    const lines = [expect.stringMatching(new RegExp(`no gateway's admin API answers at ${admin}`))];
    expect(await outcome(PROGRAMS.cli, ['explain', '/v1', '--admin', admin])).toEqual({
      code: 4,
      lines,
    });
    const env = { ROLLCALL_ADMIN: admin };
    expect(await outcome(PROGRAMS.cli, ['explain', '/v1'], env)).toEqual({ code: 4, lines });
    expect(await outcome(PROGRAMS.cli, ['top'], env)).toEqual({ code: 4, lines });
  });

  it.each([{ PUSHER_APP_SECRET: 'wrong' }, { PUSHER_APP_KEY: 'wrong' }, { PUSHER_APP_ID: '9' }])(
    'credentials that the broker rejects, %j: 5',
    async (wrong) => {
      const env = { ...cluster.env, ...wrong };
      const message = expect.stringMatching(
        /broker at 127\.0\.0\.1:\d+ refused .*check PUSHER_APP_ID/,
      ) as string;
      for (const command of ['ls', 'watch']) {
        expect(await outcome(PROGRAMS.cli, [command], env)).toEqual({ code: 5, lines: [message] });
      }
      const gateway = ['gateway', '--port', '0', '--require-broker'];
      expect(await outcome(PROGRAMS.cli, gateway, env)).toEqual({
        code: 5,
        lines: [message],
      });
    },
  );
});
