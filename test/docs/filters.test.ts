import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Cluster } from '../support/cluster.ts';
import { ROOT, Scratch } from '../support/document.ts';

const GUIDES = {
  'docs/guides/filters.md': ['cors', 'redirect', 'headers'],
  'docs/guides/rate-limits.md': ['rateLimit', 'concurrency'],
  'docs/guides/authentication.md': [
    'consumers',
    'apiKey',
    'jwt',
    'forwardAuth',
    'basicAuth',
    'ipAccess',
  ],
};
const EXAMPLE = /^```json\n([^`]*)^```\n(?:[^`]|`(?!``))*?^```console\n\$ (curl [^]*?)^```$/gm;

/** A configuration, a command, and the lines that it prints. */
const examplesOf = (guide: string) =>
  [...readFileSync(join(ROOT, guide), 'utf8').matchAll(EXAMPLE)].map(
    ([, config = '', block = '']) => {
      const [command = '', ...lines] = block
        .replaceAll(/\\\n\s*/g, '')
        .trim()
        .split('\n');
      return { config, command, lines };
    },
  );

/** A token as the guide describes it, and the keys of its issuer. */
const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
const jwks = JSON.stringify({ keys: [await exportJWK(publicKey)] });
const token = await new SignJWT({ sub: 'ann', email: 'ann@example.com', scope: 'reports:read' })
  .setProtectedHeader({ alg: 'ES256' })
  .setIssuer('https://login.example.com/')
  .setAudience('https://api.example.com')
  .setExpirationTime('1h')
  .sign(privateKey);

/** The service that decides about requests. */
const auth = createServer((_request, response) =>
  response.writeHead(302, { location: 'https://login.example.com/' }).end(),
);

// Not in the turn of this process, in which that service is.
const run = promisify(execFile);

const scratch = new Scratch();
let cluster: Cluster;
beforeAll(async () => {
  await once(auth.listen(0, '127.0.0.1'), 'listening');
  cluster = await Cluster.start();
  await cluster.idV5('v1');
});
afterAll(async () => {
  auth.close().closeAllConnections();
  await cluster.end();
  scratch.clear();
});

const authHost = () => `127.0.0.1:${(auth.address() as AddressInfo).port}`;

describe.each(Object.entries(GUIDES))('%s', (guide, filters) => {
  const examples = examplesOf(guide);

  it('has an example for each filter', () => {
    const all = examples.map(({ config }) => config).join('');
    for (const filter of filters) expect(all).toContain(`"${filter}"`);
  });

  it.each(examples)('$command prints what the guide shows', async ({ config, command, lines }) => {
    const file = scratch.file('rollcall.json', config.replace('auth.internal:8080', authHost()));
    writeFileSync(join(dirname(file), 'jwks.json'), jwks);
    const { url, program } = await cluster.gateway(['--config', file, '--domain', '*']);
    await program.line(/route registered/);
    const [, host = '', path = ''] = /(?:http:\/\/)?([\w.-]+(?::\d+)?)(\/\S*)/.exec(command) ?? [];
    const real =
      command.replace(`${host}${path}`, '').replace('http://', '') + ` -H 'Host: ${host}'`;
    const { stdout: printed } = await run('sh', ['-c', `${real} '${url}${path}'`], {
      env: { ...process.env, TOKEN: token },
    });
    // Without a line break behind a body, the next response of several begins on its line.
    expect(printed.split(/\r\n|(?=HTTP\/1\.1 )/)).toEqual(expect.arrayContaining(lines));
  });
});
