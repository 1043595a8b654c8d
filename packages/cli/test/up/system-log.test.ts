import { expect, it } from 'vitest';
import type { LogFormat } from '@rollcall/runtime/log';
import { SystemLog } from '../../src/up/system-log.ts';

const RECORD = {
  level: 'warn',
  time: '2026-01-01T12:00:00.123Z',
  port: 1,
  msg: 'gateway listens',
};

function logOf(format?: LogFormat): { log: SystemLog; lines: string[] } {
  const lines: string[] = [];
  const write = (line: string, done: () => void): void => {
    lines.push(line);
    done();
  };
  return { log: new SystemLog({ write, on: () => {} }, format), lines };
}

it('adds the name of the program to its lines', () => {
  const { log, lines } = logOf('text');
  log.relay('gateway', JSON.stringify(RECORD));
  expect(lines).toEqual([
    expect.stringMatching(/^gateway {2}\| \d\d:\d\d:00\.123 WARN {2}gateway listens port=1\n$/),
  ]);
});

it('adds it as a field in JSON', () => {
  const { log, lines } = logOf();
  log.relay('gateway', JSON.stringify(RECORD));
  expect(JSON.parse(lines.join(''))).toEqual({ ...RECORD, program: 'gateway' });
});

it.each(['plain text', '{"an":"object"}', '12', 'null'])(
  'takes %s for the message of a line',
  (line) => {
    const { log, lines } = logOf();
    log.relay('web', line);
    expect(JSON.parse(lines.join(''))).toMatchObject({ level: 'info', msg: line, program: 'web' });
  },
);
