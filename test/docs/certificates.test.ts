import { execFileSync } from 'node:child_process';
import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GATEWAY_SETTINGS } from '@rollcall/gateway';
import { readSettingsFile } from '@rollcall/runtime/settings';
import { hasCurl, hasGo } from '../support/available.ts';
import { Cluster } from '../support/cluster.ts';
import type { RunningGateway } from '../support/cluster.ts';
import { ROOT, Scratch } from '../support/document.ts';
import { buildPebble, Pebble } from '../support/pebble.ts';

const GUIDE = 'docs/guides/certificates.md';
const guide = readFileSync(join(ROOT, GUIDE), 'utf8');
const configs = [...guide.matchAll(/^```json\n([^`]*)^```$/gm)].map(([, config = '']) => config);
/** The consoles that begin with this command: what each prints. */
const printed = (command: RegExp): { command: string; lines: string[] }[] =>
  [...guide.matchAll(/^```console\n\$ ([^`]*?)^```$/gm)]
    .map(([, block = '']) => block.trim().split('\n'))
    .filter(([first = '']) => command.test(first))
    .map(([first = '', ...lines]) => ({ command: first, lines }));

const scratch = new Scratch();
let cluster: Cluster;
beforeAll(async () => {
  cluster = await Cluster.start();
  if (hasGo) buildPebble();
}, 600_000);
afterAll(async () => {
  await cluster.end();
  scratch.clear();
});

function gateway(config: string, args: readonly string[]): Promise<RunningGateway> {
  const loopback = ['--host', '127.0.0.1', '--admin-port', '0'];
  return cluster.gateway(['--config', scratch.file('rollcall.json', config), ...loopback, ...args]);
}

/** The message and the names of the fields of a line of the log. */
function shape(line: string): string {
  return line.replace(/^.*?(?:INFO|ERROR) +/, '').replaceAll(/=(?:"(?:[^"\\]|\\.)*"|\S+)/g, '=');
}

describe(GUIDE, () => {
  it.each(configs)('has only settings that there are: %s', (config) => {
    const { faults } = readSettingsFile(scratch.file('rollcall.json', config), GATEWAY_SETTINGS);
    expect(faults ?? []).toEqual([]);
  });

  it.runIf(hasGo && hasCurl)('prints what it shows of an order', { timeout: 120_000 }, async () => {
    const server = await Pebble.start();
    try {
      const [ordering] = printed(/rollcall gateway/);
      const args = ['--port', String(server.tlsPort), '--http-port', String(server.httpPort)];
      const acme = [
        '--acme-directory',
        server.directory,
        '--set',
        `tls.acme.directoryCa=${server.ca}`,
      ];
      const { program } = await gateway(configs[0] ?? '', [...args, ...acme]);
      await program.line(/ordered certificate/);
      const shapes = program.lines.map(shape);
      expect(shapes).toEqual(expect.arrayContaining(ordering?.lines.map(shape) ?? ['none']));

      const [redirect] = printed(/^curl .*http:/);
      const real = redirect?.command.replace(
        /http:\/\/([\w.]+)(\S*)/,
        `-H 'Host: $1' 'http://127.0.0.1:${server.httpPort}$2'`,
      );
      const answer = execFileSync('sh', ['-c', real ?? ''], { encoding: 'utf8' }).split('\r\n');
      const lines = redirect?.lines.map((line) =>
        line.replace('https://api.example.com', `https://api.example.com:${server.tlsPort}`),
      );
      expect(answer).toEqual(expect.arrayContaining(lines ?? ['none']));
    } finally {
      await server.end();
    }
  });

  it.runIf(hasGo)('prints what it shows of a failure', { timeout: 120_000 }, async () => {
    const server = await Pebble.start();
    try {
      const [, failing] = printed(/rollcall gateway/);
      // The validator looks elsewhere.
      const acme = [
        '--acme-directory',
        server.directory,
        '--set',
        `tls.acme.directoryCa=${server.ca}`,
      ];
      const { program } = await gateway(configs[0] ?? '', [
        '--port',
        '0',
        '--http-port',
        '0',
        ...acme,
      ]);
      await program.line(/cannot order certificate/);
      expect(program.lines.map(shape)).toContain(shape(failing?.lines[0] ?? ''));
    } finally {
      await server.end();
    }
  });

  it.runIf(hasCurl)('shows the certificate that a client asks for', async () => {
    const [asking] = printed(/^curl .*https:/);
    const config = configs.find((each) => each.includes('"certificates"')) ?? '';
    const tls = join(ROOT, 'test/support/tls');
    const file = scratch.file('rollcall.json', config);
    for (const [name, of] of [
      ['default', 'one'],
      ['api', 'api'],
      ['wildcard', 'wildcard'],
    ] as const) {
      copyFileSync(join(tls, `${of}-cert.pem`), join(file, '..', `${name}.pem`));
      copyFileSync(join(tls, `${of}-key.pem`), join(file, '..', `${name}-key.pem`));
    }
    const { url } = await cluster.gateway(['--config', file, '--port', '0', '--admin-port', '0']);
    const { port } = new URL(url);
    const real = asking?.command.replace(
      'curl ',
      `curl --connect-to api.example.com:443:127.0.0.1:${port} `,
    );
    expect(execFileSync('sh', ['-c', real ?? ''], { encoding: 'utf8' }).trim()).toBe(
      asking?.lines[0],
    );
  });
});
