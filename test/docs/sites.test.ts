import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Cluster } from '../support/cluster.ts';
import { ROOT, Scratch } from '../support/document.ts';

const GUIDE = 'docs/guides/sites.md';
const EXAMPLE = /^```json\n([^`]*)^```\n(?:[^`]|`(?!``))*?^```console\n\$ (curl [^]*?)^```$/gm;

/** A configuration, a command, and the lines that it prints. */
const examples = [...readFileSync(join(ROOT, GUIDE), 'utf8').matchAll(EXAMPLE)].map(
  ([, config = '', block = '']) => {
    const [command = '', ...lines] = block.trim().split('\n');
    return { config, command, lines };
  },
);

/** Responds with the port that the guide has for it, and the target. */
async function upstream(shown: number): Promise<Server> {
  const server = createServer((request, response) =>
    response.end(`${shown} received ${request.url}\n`),
  );
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return server;
}

const scratch = new Scratch();
let cluster: Cluster;
const upstreams = new Map<number, Server>();
beforeAll(async () => {
  cluster = await Cluster.start();
  await cluster.idV5('v1');
  for (const shown of [8081, 8082]) upstreams.set(shown, await upstream(shown));
});
afterAll(async () => {
  for (const server of upstreams.values()) server.close().closeAllConnections();
  await cluster.end();
  scratch.clear();
});

/** The configuration with the ports that the system chose. */
function withPorts(config: string): string {
  return [...upstreams].reduce((text, [shown, server]) => {
    const { port } = server.address() as AddressInfo;
    return text.replaceAll(`:${shown}`, `:${port}`);
  }, config);
}

describe(GUIDE, () => {
  it('has an example for each setting', () => {
    const all = examples.map(({ config }) => config).join('');
    for (const key of ['service', 'upstreams', 'cases', 'rewrite', 'redirect'])
      expect(all).toContain(`"${key}"`);
  });

  it.each(examples)('$command prints what the guide shows', async ({ config, command, lines }) => {
    const file = scratch.file('rollcall.json', withPorts(config));
    const { url, program } = await cluster.gateway(['--config', file]);
    await program.line(/route registered \S*\/v1 /);
    const [written = '', host = '', path = ''] = /http:\/\/([\w.-]+)(\/\S*)/.exec(command) ?? [];
    const real = command.replace(written, `-s -H 'Host: ${host}' '${url}${path}'`);
    const printed = await promisify(execFile)('sh', ['-c', real], { timeout: 10_000 });
    expect(printed.stdout.split(/\r?\n/)).toEqual(expect.arrayContaining(lines));
  });
});
