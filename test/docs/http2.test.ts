import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasCurl, hasGo } from '../support/available.ts';
import { FILES } from '../support/certificates.ts';
import { Cluster } from '../support/cluster.ts';
import { ROOT } from '../support/document.ts';

const GUIDE = 'docs/guides/http2.md';

/** Commands, and what each prints. */
const examples = [
  ...readFileSync(join(ROOT, GUIDE), 'utf8').matchAll(/^\$ (?<command>curl .*)\n(?<printed>.*)$/gm),
].map(({ groups }) => ({ command: groups?.['command'] ?? '', printed: groups?.['printed'] ?? '' }));

let cluster: Cluster;
beforeAll(async () => {
  cluster = await Cluster.start();
  if (hasGo) await cluster.idV4('v1');
});
afterAll(() => cluster.end());

describe.runIf(hasCurl && hasGo)(GUIDE, () => {
  it.each(examples)('$command prints what the guide shows', async ({ command, printed }) => {
    const { cert, key } = FILES.one;
    const tls = command.includes('https:') ? ['--tls-cert', cert, '--tls-key', key] : [];
    const { url, program } = await cluster.gateway(tls);
    await program.line(/route registered/);
    const real = command.replace(/https?:\/\/localhost:\d+/, url);
    expect(execFileSync('sh', ['-c', real], { encoding: 'utf8' })).toBe(`${printed}\n`);
  });

  it('shows each version', () => expect(examples).toHaveLength(3));
});
