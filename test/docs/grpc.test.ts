import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasCurl } from '../support/available.ts';
import { Cluster } from '../support/cluster.ts';
import { ROOT } from '../support/document.ts';

const GUIDE = 'docs/guides/grpc.md';
const guide = readFileSync(join(ROOT, GUIDE), 'utf8');

/** Commands, and what each prints. */
const examples = [...guide.matchAll(/^```console\n\$ (?<command>.*)\n(?<printed>[^`]*)^```/gm)].map(
  ({ groups }) => ({ command: groups?.['command'] ?? '', printed: groups?.['printed'] ?? '' }),
);

/** The code of a block, by how it begins. */
function block(language: string, begins: string): string {
  const blocks = guide.matchAll(/^```(?<language>\w+)\n(?<code>[^]*?)^```/gm);
  for (const { groups = {} } of blocks)
    if (groups['language'] === language && groups['code']?.startsWith(begins))
      return groups['code'];
  throw new Error(`${GUIDE} has no ${begins}`);
}

let cluster: Cluster;
let folder: string;
let host: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'grpc-'));
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(folder, 'helloworld.proto'), block('proto', 'syntax'));
  for (const name of ['service.js', 'client.js'])
    writeFileSync(join(folder, name), block('js', `// ${name}`));
  cluster = await Cluster.start();
  const { url, program } = await cluster.gateway();
  ({ host } = new URL(url));
  const routed = program.line(/route registered/);
  const start = `cd ${folder} && exec ${process.execPath} service.js`;
  const service = cluster.programs.file('sh', ['-c', start], cluster.env);
  await service.line(/^registered$/);
  await routed;
});
afterAll(async () => {
  await cluster.end();
  rmSync(folder, { recursive: true });
});

describe.runIf(hasCurl)(GUIDE, () => {
  it.each(examples)('$command prints what the guide shows', ({ command, printed }) => {
    const real = command.replace(/localhost:\d+/, host);
    const output = execFileSync('sh', ['-c', real], { cwd: folder, encoding: 'utf8' });
    expect(output.replaceAll('\r', '')).toBe(printed);
  });

  it('shows a call and a problem', () => expect(examples).toHaveLength(2));
});
