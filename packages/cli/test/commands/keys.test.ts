import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { generateServiceKey, publicKeyOf } from '@rollcall/client';
import { idWithKey, keyIdOf } from '@rollcall/protocol';
import { PROGRAMS } from '../../../../test/support/processes.ts';

const KEY = generateServiceKey();
const PUBLIC = publicKeyOf(KEY);
const OTHER = publicKeyOf(generateServiceKey());

const folder = mkdtempSync(join(tmpdir(), 'rollcall-keys-'));
const config = join(folder, 'gateway.json');
afterAll(() => rmSync(folder, { recursive: true }));
beforeEach(() => write({ port: 1500, owners: { '/v1': [PUBLIC] } }));

function write(content: object): void {
  writeFileSync(config, `${JSON.stringify(content, null, 4)}\n`, { mode: 0o640 });
}

const instance = (id: string) => ({ announcement: { prefix: '/v1', id } });

const owners = (): Record<string, string[]> =>
  (JSON.parse(readFileSync(config, 'utf8')) as { owners: Record<string, string[]> }).owners;

/** Runs `rollcall keys`, whose two streams go to different readers. */
async function keys(args: string[], { input = '', admin = 'http://127.0.0.1:9' } = {}) {
  const program = spawn(process.execPath, [PROGRAMS.cli, 'keys', ...args], {
    env: { PATH: process.env['PATH'], ...(admin !== '' && { ROLLCALL_ADMIN: admin }) },
  });
  program.stdin.end(input);
  const [out, err, [code]] = await Promise.all([
    text(program.stdout),
    text(program.stderr),
    once(program, 'close') as Promise<[number]>,
  ]);
  return { out, err, code };
}

function keyIn(out: string): string {
  const [, key = ''] = /^ROLLCALL_SERVICE_KEY=(\S+)\n$/.exec(out) ?? [];
  return key;
}

describe('rollcall keys create', () => {
  it('prints the key for a file, and its public half for the operator', async () => {
    const { out, err, code } = await keys(['create', '--prefix', '/v2']);
    expect({ code, err }).toEqual({
      code: 0,
      err: `"owners": { "/v2": ["${publicKeyOf(keyIn(out))}"] }\n`,
    });
  });

  it('adds an owner to a configuration, and leaves the rest of it and its mode', async () => {
    const { out, err } = await keys(['create', '--prefix', '/v1', '--config', config]);
    const added = publicKeyOf(keyIn(out));
    expect(err).toBe(`${config}: ${added} owns /v1\n`);
    expect(readFileSync(config, 'utf8')).toBe(
      `${JSON.stringify({ port: 1500, owners: { '/v1': [PUBLIC, added] } }, null, 4)}\n`,
    );
    expect(statSync(config).mode & 0o777).toBe(0o640);
  });

  it.each([
    [
      'a prefix that is none',
      { port: 1500 },
      'v1',
      /`owners.v1`: the key must be a prefix such as/,
    ],
    ['a configuration with a fault', { port: 70_000 }, '/v1', /`port` is 70000/],
  ])('refuses %s, and changes nothing', async (_what, content, prefix, message) => {
    write(content);
    const before = readFileSync(config, 'utf8');
    const { out, err, code } = await keys(['create', '--prefix', prefix, '--config', config]);
    expect({ out, code }).toEqual({ out: '', code: 2 });
    expect(err).toMatch(message);
    expect(readFileSync(config, 'utf8')).toBe(before);
  });
});

it('rollcall keys create makes no key for what is no prefix, without a configuration either', async () => {
  const { out, err, code } = await keys(['create', '--prefix', 'v1']);
  expect({ out, code }).toEqual({ out: '', code: 2 });
  expect(err).toContain('the key must be a prefix such as');
});

describe('rollcall keys list', () => {
  const listed = ['list', '--config', config];

  it('shows the owners, when each ends, and how many instances it has', async () => {
    write({ owners: { '/v1': [PUBLIC, `${OTHER} until 2027-01-31T00:00:00Z`] } });
    const all = [instance(idWithKey('a', PUBLIC)), instance(idWithKey('b', PUBLIC)), instance('c')];
    const server = createServer((_request, response) =>
      response.end(JSON.stringify({ instances: all })),
    );
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const admin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { out } = await keys(listed, { admin });
    server.close();
    expect(
      out
        .trim()
        .split('\n')
        .map((line) => line.split(/ {2,}/)),
    ).toEqual([
      ['PREFIX', 'KEY', 'UNTIL', 'INSTANCES'],
      ['/v1', PUBLIC, '-', '2'],
      ['/v1', OTHER, '2027-01-31T00:00:00Z', '0'],
    ]);
  });

  it('says so if there are none', async () => {
    write({});
    expect(await keys(listed, { admin: '' })).toMatchObject({ out: 'no owners\n', code: 0 });
  });

  it('fails if the named gateway does not answer', async () => {
    expect((await keys(listed)).code).toBe(4);
  });
});

describe('rollcall keys inspect', () => {
  const shown = `public half  ${PUBLIC}\nid           ${keyIdOf(PUBLIC)}\n`;

  it.each([
    ['a key', KEY],
    ['the variable', `ROLLCALL_SERVICE_KEY=${KEY}\n`],
    ['a public half', PUBLIC],
  ])('shows the public half of %s on standard input', async (_what, input) => {
    expect(await keys(['inspect'], { input })).toEqual({ out: shown, err: '', code: 0 });
  });

  it('shows what a public half owns', async () => {
    write({ owners: { '/v1': [OTHER], '/v2/*': [`${PUBLIC} until 2027-01-31T00:00:00Z`] } });
    const { out } = await keys(['inspect', PUBLIC, '--config', config]);
    expect(out).toBe(`${shown}owns         /v2/* until 2027-01-31T00:00:00Z\n`);
    write({});
    expect((await keys(['inspect', PUBLIC, '--config', config])).out).toMatch(/owns +nothing\n$/);
  });

  it('does not show what is no key, because it may be one with a mistake', async () => {
    const { out, err, code } = await keys(['inspect'], { input: KEY.slice(0, -1) });
    expect({ out, code }).toEqual({ out: '', code: 2 });
    expect(err).not.toContain(KEY.slice(4, 20));
  });
});

describe('rollcall keys rotate', () => {
  it('adds a key beside the ones that a prefix has', async () => {
    const { out, err } = await keys(['rotate', '--prefix', '/v1', '--config', config]);
    expect(owners()).toEqual({ '/v1': [PUBLIC, publicKeyOf(keyIn(out))] });
    expect(err).toContain(`rollcall keys list --config ${config}`);
  });

  it('ends the ones before at a time', async () => {
    write({ owners: { '/v1': [`${PUBLIC} until 2030-01-01T00:00:00Z`] } });
    const until = '2027-01-31T00:00:00Z';
    const { out } = await keys(['rotate', '--prefix', '/v1', '--config', config, '--until', until]);
    expect(owners()).toEqual({ '/v1': [`${PUBLIC} until ${until}`, publicKeyOf(keyIn(out))] });
  });

  it.each([
    ['a prefix without owners', '/v2', '2027-01-31', /\/v2 has no owners: rollcall keys create/],
    ['a time that is none', '/v1', 'soon', /`owners\.\/v1/],
  ])('refuses %s, and changes nothing', async (_what, prefix, until, message) => {
    const args = ['rotate', '--prefix', prefix, '--config', config, '--until', until];
    const { out, err, code } = await keys(args);
    expect({ out, code }).toEqual({ out: '', code: 2 });
    expect(err).toMatch(message);
    expect(owners()).toEqual({ '/v1': [PUBLIC] });
  });
});
