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

const GUIDE = 'docs/guides/delivery.md';
const EXAMPLE = /^```json\n([^`]*)^```\n(?:[^`]|`(?!``))*?^```console\n\$ (curl [^]*?)^```$/gm;

/** A configuration, a command, and the lines that it prints. */
const examples = [...readFileSync(join(ROOT, GUIDE), 'utf8').matchAll(EXAMPLE)].map(
  ([, config = '', block = '']) => {
    const [command = '', ...lines] = block.trim().split('\n');
    return { config, command, lines };
  },
);

const scratch = new Scratch();
let cluster: Cluster;
let upstream: Server;
beforeAll(async () => {
  cluster = await Cluster.start();
  const headers = { 'content-type': 'application/json', etag: '"items-1"' };
  upstream = createServer((_request, response) =>
    response.writeHead(200, headers).end(JSON.stringify(Array(1000).fill('item 1'))),
  );
  await once(upstream.listen(0, '127.0.0.1'), 'listening');
});
afterAll(async () => {
  upstream.close().closeAllConnections();
  await cluster.end();
  scratch.clear();
});

describe(GUIDE, () => {
  it('has an example for each setting', () => {
    const all = examples.map(({ config }) => config).join('');
    for (const key of ['compress', 'secureHeaders', 'errorPages', 'maintenance'])
      expect(all).toContain(`"${key}"`);
  });

  it.each(examples)('$command prints what the guide shows', async ({ config, command, lines }) => {
    const { port } = upstream.address() as AddressInfo;
    const file = scratch.file('rollcall.json', config.replaceAll(':8081', `:${port}`));
    const { url } = await cluster.gateway(['--config', file, '--snapshot', 'none']);
    const [written = '', host = '', path = ''] = /http:\/\/([\w.-]+)(\/\S*)/.exec(command) ?? [];
    const real = command.replace(written, `-s -H 'Host: ${host}' '${url}${path}'`);
    const printed = await promisify(execFile)('sh', ['-c', real], { timeout: 10_000 });
    expect(printed.stdout.split(/\r?\n/)).toEqual(expect.arrayContaining(lines));
  });
});
