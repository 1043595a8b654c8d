import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { BROKER_SETTINGS } from '@rollcall/broker';
import { GATEWAY_SETTINGS } from '@rollcall/gateway';
import { exampleOf, readSettingsFile } from '@rollcall/runtime/settings';
import { PROGRAMS, Programs } from '../../../../test/support/processes.ts';

const programs = new Programs();
const folder = mkdtempSync(join(tmpdir(), 'rollcall-config-'));
const file = join(folder, 'rollcall.json');
afterEach(() => programs.endAll());
afterAll(() => rmSync(folder, { recursive: true }));

async function rollcall(...args: string[]) {
  const program = programs.node(PROGRAMS.cli, args);
  const { code } = await program.ended;
  return { code, lines: program.lines };
}

describe('rollcall config check', () => {
  it('prints each fault with its line, and exits with 2', async () => {
    writeFileSync(file, '{\n  "port": 70000,\n  "limits": {\n    "anwserMs": 5\n  }\n}\n');
    expect(await rollcall('config', 'check', file)).toEqual({
      code: 2,
      lines: [
        `${file}:2: \`port\` is 70000; it must be a whole number from 0 to 65535`,
        `${file}:4: unknown key \`limits.anwserMs\`: did you mean \`answerMs\`?`,
      ],
    });
  });

  it('says that a file is valid, and exits with 0', async () => {
    writeFileSync(file, '{ "port": 1500 }');
    expect(await rollcall('config', 'check', file)).toEqual({ code: 0, lines: [`${file}: valid`] });
  });

  it('checks a file of the broker', async () => {
    writeFileSync(file, '{ "apps": [] }');
    expect(await rollcall('config', 'check', file, 'broker')).toEqual({
      code: 2,
      lines: [`${file}:1: \`apps\` is a list; it must be a list of at least 1 objects`],
    });
  });

  it('suggests the program that the file is for', async () => {
    writeFileSync(file, '{ "apps": [{ "appId": "1", "key": "k", "secret": "s" }] }');
    expect(await rollcall('config', 'check', file)).toEqual({
      code: 2,
      lines: [
        expect.stringContaining('unknown key `apps`'),
        `did you mean: rollcall config check ${file} broker`,
      ],
    });
    writeFileSync(file, '{ "routes": {}, "limits": {} }');
    const { lines } = await rollcall('config', 'check', file, 'broker');
    expect(lines.at(-1)).toBe(`did you mean: rollcall config check ${file} gateway`);
  });

  it('finds settings that contradict each other, as the programs do', async () => {
    writeFileSync(file, '{\n  "cors": {\n    "origins": ["*"],\n    "credentials": true\n  }\n}\n');
    expect(await rollcall('config', 'check', file)).toEqual({
      code: 2,
      lines: [
        `${file}:4: \`cors.credentials\` cannot be used with the origin \`*\`: list the origins`,
      ],
    });
    const app = '{ "appId": "1", "key": "k", "secret": "s" }';
    writeFileSync(file, `{ "apps": [\n${app},\n${app}\n] }`);
    expect(await rollcall('config', 'check', file, 'broker')).toEqual({
      code: 2,
      lines: ['appId', 'key'].map(
        (name) =>
          `${file}:3: \`apps.1.${name}\` is the same as \`apps.0.${name}\`; give each app its own`,
      ),
    });
  });

  it('exits with 2 if the file cannot be read, and on wrong usage', async () => {
    const missing = await rollcall('config', 'check', join(folder, 'none'));
    expect(missing).toMatchObject({ code: 2, lines: [expect.stringContaining('ENOENT')] });
    expect((await rollcall('config', 'check')).code).toBe(2);
    expect((await rollcall('config', 'check', file, 'nonsense')).code).toBe(2);
  });
});

describe('rollcall config', () => {
  it('lists its own commands alone: `rollcall help` is the help of all', async () => {
    const { lines } = await rollcall('config', '--help');
    const listed = lines.slice(lines.indexOf('Commands:') + 1).join('\n');
    expect(listed.match(/^ {2}\w+/gm)).toEqual(['  check', '  schema']);
  });
});

describe('rollcall config schema', () => {
  it.each([
    [[], GATEWAY_SETTINGS, { limits: { anwserMs: 5 } }],
    [['broker'], BROKER_SETTINGS, { apps: [{ appId: '1' }] }],
  ])('%j accepts what the program accepts, and nothing else', async (args, settings, invalid) => {
    const { code, lines } = await rollcall('config', 'schema', ...args);
    expect(code).toBe(0);
    const validate = new Ajv2020({ strict: true }).compile(
      JSON.parse(lines.join('\n')) as Record<string, unknown>,
    );
    const example = exampleOf(settings);
    expect(validate(example), JSON.stringify(validate.errors)).toBe(true);
    writeFileSync(file, JSON.stringify(example));
    expect(readSettingsFile(file, settings).faults).toEqual([]);
    expect(validate(invalid)).toBe(false);
  });
});
