import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readSettingsFile } from '@rollcall/runtime/settings';
import { TABLE } from './table.ts';

const folder = mkdtempSync(join(tmpdir(), 'rollcall-settings-'));
const file = join(folder, 'settings.json');
afterAll(() => rmSync(folder, { recursive: true }));

function read(text: string) {
  writeFileSync(file, text);
  return readSettingsFile(file, TABLE);
}

describe('a file of settings', () => {
  it('names files from its own folder', () => {
    const { values } = read('{ "tls": { "cert": "c.pem", "key": "/etc/k.pem" } }');
    expect(values).toEqual({ tls: { cert: join(folder, 'c.pem'), key: '/etc/k.pem' } });
  });

  it('is refused with each fault and its line', () => {
    expect(read('{\n  "prot": 1,\n  "limits": {\n    "answerMs": 0\n  }\n}').faults).toEqual([
      `${file}:2: unknown key \`prot\`: did you mean \`port\`?`,
      `${file}:4: \`limits.answerMs\` is 0; it must be a whole number of milliseconds from 1 to 86400000`,
    ]);
  });

  it('may not set a key twice', () => {
    const { faults } = read('{ "port": 1,\n "port": 2 }');
    expect(faults).toEqual([`${file}:2: \`port\` stands twice`]);
  });

  it('that is not JSON is refused without showing its content', () => {
    const { faults } = read('{ "host": s3cret }');
    expect(faults).toEqual([expect.stringMatching(/settings\.json.*: not JSON: /)]);
    expect(faults[0]).not.toContain('s3cret');
  });

  it('that cannot be read is named', () => {
    expect(readSettingsFile(join(folder, 'none'), TABLE).faults).toEqual([
      `cannot read ${join(folder, 'none')} (ENOENT)`,
    ]);
  });
});
