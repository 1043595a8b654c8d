import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { LIMIT_OF, nextPhase, TRANSITIONS } from '../../src/exchange/phases.ts';
import type { Phase } from '../../src/exchange/phases.ts';
import { unresponsiveServer } from '../harness.ts';
import { exchange } from './exchange-harness.ts';

const page = readFileSync(new URL('../../../../ARCHITECTURE.md', import.meta.url), 'utf8');
const section = page.slice(page.indexOf('### The phases of an exchange'));
const cellsOf = (row: string): string[] =>
  row
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim().replaceAll('`', ''));
const [head = '', , ...rows] = section.match(/^\|.*\|$/gm) ?? [];
const [, ...columns] = cellsOf(head);
const events = columns.slice(0, -1);
const documented = rows
  .slice(0, Object.keys(TRANSITIONS).length)
  .map(cellsOf)
  .map(([phase = '', ...cells]) => ({
    phase,
    next: Object.fromEntries(
      events.flatMap((event, index) => (cells[index] ? [[event, cells[index]]] : [])),
    ),
    limit: cells.at(-1) || undefined,
  }));

describe('the table of phases in ARCHITECTURE.md', () => {
  it('has every phase and every event of the code, and no other', () => {
    expect(documented.map(({ phase }) => phase)).toEqual(Object.keys(TRANSITIONS));
    const known = new Set(Object.values(TRANSITIONS).flatMap((next) => Object.keys(next)));
    expect(new Set(events)).toEqual(known);
  });

  it.each(documented)('says what follows $phase', ({ phase, next, limit }) => {
    expect(next).toEqual(TRANSITIONS[phase as Phase]);
    expect(limit).toBe(LIMIT_OF[phase as Phase]);
  });

  it('explains every event', () => {
    for (const event of events)
      expect(section).toMatch(new RegExp(`^\\| \`${event}\` \\| \\w`, 'm'));
  });
});

it('an event that cannot happen in a phase leads nowhere', () => {
  expect(nextPhase('done', 'answer')).toBeUndefined();
});

it('such an event costs its own request, and not the process', async () => {
  const errors: string[] = [];
  const {
    exchange: made,
    stream,
    start,
  } = exchange({
    upstreams: [await unresponsiveServer()],
    onInternalError: ({ message }) => errors.push(message),
  });
  start();
  made.onTransformedEnd();
  expect(errors).toEqual(['an exchange cannot end while connecting']);
  expect(stream).toMatchObject({ state: 'finished', head: { status: 500 } });
  expect(stream.body).toContain('internal-error');
});
