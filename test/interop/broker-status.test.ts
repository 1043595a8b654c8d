import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Pusher from 'pusher';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AppCredentials } from '@rollcall/broker';
import { client, next, subscribed } from '../../packages/broker/test/sdk.ts';
import type { Client } from '../../packages/broker/test/sdk.ts';
import { hasRedis } from '../support/available.ts';
import { APP } from '../support/connection.ts';
import { freePort } from '../support/free-port.js';
import { PROGRAMS, Programs } from '../support/processes.ts';
import type { RunningProgram } from '../support/processes.ts';
import { TcpLink } from '../support/tcp-link.ts';

const ROOM = 'presence-room';
const OTHER_APP = { appId: '2', key: 'other-key', secret: 'other-secret' };
const TOKEN = 'a-token-of-enough-length';

interface Node {
  readonly program: RunningProgram;
  readonly host: string;
  readonly port: number;
  readonly adminUrl: string;
  /** Between the node and Redis. */
  readonly link: TcpLink;
}

const programs = new Programs();
const folder = mkdtempSync(join(tmpdir(), 'rollcall-cluster-'));
let redisPort: number;
let redis: RunningProgram;
let clients: Client[];
let nodes: Node[];

async function startRedis(): Promise<RunningProgram> {
  const args = ['--port', String(redisPort), '--bind', '127.0.0.1', '--save', '', '--dir', folder];
  const program = programs.file('redis-server', args);
  await program.line(/Ready to accept connections/);
  return program;
}

async function startNode(...args: string[]): Promise<Node> {
  const link = await TcpLink.to({ host: '127.0.0.1', port: redisPort });
  const all = ['broker', '--port', '0', '--admin-port', '0', ...args];
  const program = programs.node(PROGRAMS.cli, all, {
    ROLLCALL_BUS: `redis://127.0.0.1:${link.port}`,
    ROLLCALL_BROKER_ADMIN_TOKEN: TOKEN,
    PUSHER_APP_ID: APP.appId,
    PUSHER_APP_KEY: APP.key,
    PUSHER_APP_SECRET: APP.secret,
  });
  const { host, port, adminUrl = '' } = await program.listening;
  const node = { program, host, port, adminUrl, link };
  nodes.push(node);
  return node;
}

beforeEach(async () => {
  clients = [];
  nodes = [];
  redisPort = await freePort();
  redis = await startRedis();
});
afterEach(async () => {
  for (const each of clients) each.disconnect();
  await programs.endAll();
  for (const { link } of nodes) await link.close();
});

function connect(node: Node, userId: string, secret: string = APP.secret): Client {
  const created = client(node, { userId, key: APP.key, secret });
  clients.push(created);
  return created;
}

const sdk = ({ host, port }: Node): Pusher =>
  new Pusher({ ...APP, host, port: String(port), useTLS: false });

async function membersAt(node: Node): Promise<string[]> {
  const response = await sdk(node).get({ path: `/channels/${ROOM}/users` });
  const { users } = (await response.json()) as { users: { id: string }[] };
  return users.map(({ id }) => id).toSorted();
}

/** What `rollcall broker status` prints about a node. */
async function statusOf(node: Node, token = TOKEN): Promise<string> {
  const program = programs.node(PROGRAMS.cli, ['broker', 'status', '--admin', node.adminUrl], {
    ROLLCALL_BROKER_ADMIN_TOKEN: token,
  });
  await program.ended;
  return program.output;
}

const apps = (...changed: AppCredentials[]): string => JSON.stringify({ apps: changed });

/** Has a node read other apps. */
async function reload(node: Node, file: string, config: string): Promise<void> {
  const reloaded = node.program.nextLine(/reloaded configuration/);
  writeFileSync(file, config);
  node.program.kill('SIGHUP');
  await reloaded;
}

/** Ids of the members whose leaving a client has received. */
function removedFrom(channel: { bind(event: string, callback: (data: never) => void): unknown }) {
  const removed: string[] = [];
  channel.bind('pusher:member_removed', ({ id }: { id: string }) => removed.push(id));
  return removed;
}

// Skipped without redis-server: apt-get install redis-server.
describe.runIf(hasRedis)('brokers that share a Redis', () => {
  it('serve apps that are added, removed and changed on one node after the other', async () => {
    const files = ['one', 'other'].map((name) => join(folder, `${name}.json`));
    const [first = '', second = ''] = files;
    for (const file of files) writeFileSync(file, apps(APP, OTHER_APP));
    const [one, other] = [await startNode('--config', first), await startNode('--config', second)];
    const removed = removedFrom(await subscribed(connect(one, 'ann'), ROOM));
    await subscribed(connect(other, 'bob'), ROOM);
    await expect.poll(() => membersAt(one)).toEqual(['ann', 'bob']);

    // Removed on one node: its clients are gone for the other at once.
    await reload(other, second, apps(OTHER_APP));
    await expect.poll(() => removed, { timeout: 2_500 }).toEqual(['bob']);

    // Added again, with another secret, while clients come back.
    const rotated = { ...APP, secret: 'rotated' };
    const started = performance.now();
    await reload(other, second, apps(rotated, OTHER_APP));
    expect(performance.now() - started, 'a node that lacks an app is waited for').toBeLessThan(
      2_500,
    );
    const back = await subscribed(connect(other, 'cem', 'rotated'), ROOM);
    await expect.poll(() => membersAt(one)).toEqual(['ann', 'cem']);
    const heard = next(back, 'greeting');
    await sdk(one).trigger(ROOM, 'greeting', 'hello');
    expect(await heard).toBe('hello');

    // The other follows: its clients stay.
    await reload(one, first, apps(rotated, OTHER_APP));
    await expect(sdk(one).trigger(ROOM, 'greeting', 'old')).rejects.toMatchObject({ status: 401 });
    await subscribed(connect(one, 'dan', 'rotated'), ROOM);
    await expect.poll(() => statusOf(other)).toMatch(/^42 +all nodes +3 +1 +3$/m);
    expect(removed).toEqual(['bob']);
  });

  it('are shown by rollcall broker status, with what they hold, and which of them hangs', async () => {
    const [one, other] = [await startNode(), await startNode()];
    await subscribed(connect(one, 'ann'), ROOM);
    await subscribed(connect(other, 'bob'), ROOM);
    await expect.poll(() => membersAt(one)).toEqual(['ann', 'bob']);
    const [text, otherText] = [await statusOf(one), await statusOf(other)];
    expect(text).toMatch(
      /^ready\nredis at \S+: connected for \d+ s\n0 events to send, 0 events lost/,
    );
    expect(text).toMatch(new RegExp(`:${one.port} +this node `));
    expect(text).toMatch(new RegExp(`:${other.port} +alive +\\d+ s +\\d+\\.\\d s ago +0$`, 'm'));
    expect(otherText).toMatch(new RegExp(`:${one.port} +alive `));
    expect(text).toMatch(/all nodes +2 +1 +2\n +this node +1 +1 +1$/);
    other.program.kill('SIGSTOP');
    await expect.poll(() => statusOf(one), { timeout: 6_000 }).toMatch(/ - +silent for \d+ s/);
    await expect.poll(() => statusOf(one), { timeout: 8_000 }).toMatch(/ - +gone for \d+ s/);
    other.program.kill('SIGCONT');
    redis.kill('SIGKILL');
    await expect
      .poll(() => statusOf(one))
      .toMatch(
        /^not ready: this node cannot reach the other nodes\nredis at \S+: down for \d+ s \(/,
      );
    expect(await statusOf(one, '')).toMatch(
      /^rollcall: the broker's admin API at \S+ needs its token/,
    );
    expect(await statusOf(one, `${TOKEN}x`)).toMatch(
      /rejects the token in ROLLCALL_BROKER_ADMIN_TOKEN/,
    );
  });
});
