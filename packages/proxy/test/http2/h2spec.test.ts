import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasGo } from '../../../../test/support/available.ts';
import { ONE } from '../../../../test/support/certificates.ts';
import { start, to, upstream } from '../harness.ts';

const H2SPEC = 'github.com/summerwind/h2spec/cmd/h2spec@v2.2.1+incompatible';
const folder = mkdtempSync(join(tmpdir(), 'h2spec-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function run(program: string, args: readonly string[]): Promise<string> {
  const env = { ...process.env, GOBIN: folder, GOFLAGS: '-mod=mod' };
  const child = spawn(program, args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const [out, errors] = await Promise.all([text(child.stdout), text(child.stderr)]);
  if (child.exitCode === null) await once(child, 'exit');
  return out + errors;
}

async function tried(options: Parameters<typeof start>[1], ...args: string[]): Promise<string> {
  const there = await upstream((request, response) => {
    request.resume().on('end', () => response.end('hello'));
  });
  const { port } = await start(to(there), options);
  const all = ['-h', '127.0.0.1', '-p', String(port), '--timeout', '5', ...args];
  return run(join(folder, 'h2spec'), all);
}

/** Without Go it is skipped: h2spec comes by the module proxy. */
describe.runIf(hasGo)('h2spec, the conformance suite of HTTP/2 and HPACK', () => {
  beforeAll(() => run('go', ['install', H2SPEC]), 300_000);

  it('passes over TLS', async () => {
    expect(await tried({ tls: { certificate: ONE } }, '--tls', '--insecure')).toContain(
      '145 tests, 145 passed, 0 skipped, 0 failed',
    );
  }, 120_000);

  it('passes on the plain port, where what is no preface is answered by HTTP/1.1', async () => {
    const output = await tried({});
    expect(output).toContain('145 tests, 144 passed, 0 skipped, 1 failed');
    expect(output).toMatch(/× 2: Sends invalid connection preface\n.*\n.*\n.*HTTP\/1\.1 header\n/);
  }, 120_000);
});
