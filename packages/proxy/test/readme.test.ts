import { afterEach, describe, expect, it } from 'vitest';
import { blockOf, Scratch } from '../../../test/support/document.ts';
import { Programs } from '../../../test/support/processes.ts';
import { send } from './harness.ts';
import { freePort } from '../../../test/support/free-port.js';

const programs = new Programs();
const scratch = new Scratch();
afterEach(async () => {
  await programs.endAll();
  scratch.clear();
});

/** The few types that the document has. Node 20 cannot skip them. */
const withoutTypes = (code: string): string =>
  code.replace(/^import type .*\n/m, '').replaceAll(/: Filter|\?: string/g, '');

const block = (text: string): string => blockOf('packages/proxy/README.md', 'js', text);

/** Runs a program, and returns the port that its proxy says it listens on. */
async function run(code: string): Promise<number> {
  const program = programs.node(scratch.file('program.mjs', code));
  const [, port] = await program.line(/listening on http:\/\/127\.0\.0\.1:(\d+)/);
  return Number(port);
}

describe('the README of the proxy', () => {
  it('shows a reverse proxy that runs', async () => {
    const shown = block('forwardTo(');
    expect(shown.split('\n').filter((line) => line !== '').length).toBeLessThanOrEqual(10);
    const port = await run(shown.replaceAll('3000', String(await freePort())).replace('8080', '0'));
    const { status, body } = await send(port, { path: '/hello' });
    expect(status).toBe(200);
    expect(body).toBe(
      /^GET \/hello .*\n/m.exec(blockOf('packages/proxy/README.md', 'console', 'curl'))?.[0],
    );
  });

  it('shows a decision among several upstreams', async () => {
    const [one, two] = [await freePort(), await freePort()];
    const port = await run(
      `import { createServer } from 'node:http';
       for (const port of [${one}, ${two}])
         createServer((_request, response) => response.end(String(port))).listen(port, '127.0.0.1');
       ${block('proxyProblem(').replaceAll('3000', String(one)).replaceAll('3001', String(two))}
       const { port } = await proxy.listen(0);
       console.log('listening on http://127.0.0.1:' + port);`,
    );
    const bodies = [await send(port), await send(port)].map(({ body }) => body);
    expect(new Set(bodies)).toEqual(new Set([String(one), String(two)]));
  });

  it('shows filters that work', async () => {
    const port = await run(
      `import { createServer } from 'node:http';
       import { createProxy } from '@rollcall/proxy';
       const app = createServer((request, response) => {
         response.setHeader('content-type', 'text/plain').end(request.headers['x-user']);
       }).listen(0, '127.0.0.1');
       ${withoutTypes(blockOf('packages/proxy/README.md', 'ts', 'requireToken'))}
       const proxy = createProxy({
         decide({ target }) {
           const left = [{ key: 'app', address: '127.0.0.1', port: app.address().port }];
           const next = () => left.shift();
           return { type: 'forward', target, next, filters: [requireToken, compress] };
         },
       });
       const { port } = await proxy.listen(0);
       console.log('listening on http://127.0.0.1:' + port);`,
    );
    expect(await send(port)).toMatchObject({
      status: 401,
      headers: { 'www-authenticate': 'Bearer' },
    });
    const headers = { authorization: 'Bearer s3cret', 'accept-encoding': 'gzip' };
    const response = await fetch(`http://127.0.0.1:${port}/`, { headers });
    expect(response.headers.get('content-encoding')).toBe('gzip');
    expect(await response.text()).toBe('ann');
  });
});
