import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { createLogger } from '../../src/log/create-logger.ts';
import type { LoggerOptions, ProgramLogger } from '../../src/log/create-logger.ts';

function loggerInMemory(
  options: Omit<LoggerOptions, 'destination'> & { isTTY?: boolean; hasColors?: boolean } = {},
): { log: ProgramLogger; lines: string[] } {
  const { isTTY = false, hasColors = false, ...rest } = options;
  const lines: string[] = [];
  const destination = {
    isTTY,
    hasColors: () => hasColors,
    on: () => {},
    write(line: string, done: () => void): void {
      lines.push(line);
      done();
    },
  };
  return { log: createLogger({ ...rest, destination }), lines };
}

const CLOCK = /^\d\d:\d\d:\d\d\.\d{3} /;

it('writes JSON with time, level, message and fields if the output is not a terminal', () => {
  const { log, lines } = loggerInMemory();
  log.info({ port: 1500 }, 'gateway listens');
  log.error('it ends');
  const [first, second] = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(first).toEqual({
    level: 'info',
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string,
    port: 1500,
    msg: 'gateway listens',
  });
  expect(second).toMatchObject({ level: 'error', msg: 'it ends' });
});

it('writes text at a terminal', () => {
  const { log, lines } = loggerInMemory({ isTTY: true });
  log.info({ port: 1500, url: 'http://a b', of: ['x', 'y'] }, 'gateway listens');
  log.warn('slow');
  expect(lines.map((line) => line.replace(CLOCK, ''))).toEqual([
    'INFO  gateway listens port=1500 url="http://a b" of="[\\"x\\",\\"y\\"]"\n',
    'WARN  slow\n',
  ]);
});

it('colours text only on a terminal with colours', () => {
  expect(paintedBy({ isTTY: true, hasColors: true })).toBe(true);
  expect(paintedBy({ isTTY: true })).toBe(false);
  expect(paintedBy({ format: 'text', hasColors: true })).toBe(false);
});

function paintedBy(options: Parameters<typeof loggerInMemory>[0]): boolean {
  const { log, lines } = loggerInMemory(options);
  log.info('x');
  return lines.join('').includes('\x1b[');
}

it('writes the configured format to any output', () => {
  const { log, lines } = loggerInMemory({ isTTY: true, format: 'json' });
  log.info('x');
  expect(JSON.parse(lines.join(''))).toMatchObject({ msg: 'x' });
});

it('omits lines below its level', () => {
  const { log, lines } = loggerInMemory({ level: 'warn' });
  log.info('x');
  expect(lines).toEqual([]);
  log.warn('y');
  expect(lines).toHaveLength(1);
});

it('escapes control sequences of terminals', () => {
  const { log, lines } = loggerInMemory({ format: 'text' });
  log.info({ name: 'a\x1b[2J' }, 'two\nlines\x9b');
  expect(lines.join('').replace(CLOCK, '')).toBe('INFO  two\\x0alines\\x9b name="a\\u001b[2J"\n');
});

it('writes an error by its message in text, and with its stack in JSON', () => {
  const err = new Error('no such file');
  const [asText, asJson] = [loggerInMemory({ format: 'text' }), loggerInMemory()];
  asText.log.error({ err }, 'cannot read');
  asJson.log.error({ err }, 'cannot read');
  expect(asText.lines.join('').replace(CLOCK, '')).toBe('ERROR cannot read err="no such file"\n');
  expect(JSON.parse(asJson.lines.join(''))).toMatchObject({
    err: { message: 'no such file', stack: expect.stringContaining('create-logger') as string },
  });
});

it.each([
  ['a cycle', cycle()],
  ['a bigint', { n: 1n }],
  [
    'a getter that throws',
    {
      get bad(): never {
        throw new Error('bad');
      },
    },
  ],
])('does not throw for fields with %s', (_, fields) => {
  const { log, lines } = loggerInMemory();
  log.info(fields, 'still there');
  expect(JSON.parse(lines.join(''))).toMatchObject({ msg: 'still there' });
});

function cycle(): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  fields['self'] = fields;
  return fields;
}

/** Logs two megabytes to a pipe, and says on standard error how that went. */
const FLOOD = `
  import { createLogger } from '@rollcall/runtime/log';
  const log = createLogger({ destination: process.stdout });
  for (let n = 0; n < 2000; n++) log.info({ text: 'x'.repeat(1000) }, 'line');
  await log.flush(100);
  process.stderr.write('done');
  process.exit();
`;

it.each(['stalls', 'leaves'])(
  'lets the program continue and exit when its reader %s',
  async (how) => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', FLOOD], {
      cwd: import.meta.dirname,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    if (how === 'leaves') child.stdout.destroy();
    const [said] = await Promise.all([text(child.stderr), once(child, 'exit')]);
    expect(said).toMatch(/done$/);
    child.stdout.destroy();
  },
);
