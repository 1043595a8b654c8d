import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { inWords } from '../../src/terminal/duration.ts';
import { frame, Screen } from '../../src/terminal/screen.ts';
import type { Page } from '../../src/terminal/screen.ts';

function pageOf(...lines: string[]): Page {
  return { head: [], body: lines.map((line) => [line]), foot: [] };
}

/** What is to be read of it. */
function shown(text: string): string[] {
  return stripVTControlCharacters(text).split('\r\n');
}

describe('a screen', () => {
  it('is filled from the top, and clears previous content', () => {
    const text = frame(pageOf('one', 'two'), 0, { rows: 10, columns: 80 }, false);
    expect(text).toBe('\x1b[Hone\x1b[K\r\ntwo\x1b[K\x1b[J');
  });

  it('truncates what does not fit, and says so', () => {
    const page = { ...pageOf('123456', 'b', 'c', 'd'), head: [['head']], foot: [['foot']] };
    expect(shown(frame(page, 0, { rows: 5, columns: 4 }, false))).toEqual([
      'head',
      '1234',
      'b',
      '  li',
      'foot',
    ]);
    expect(shown(frame(page, 2, { rows: 5, columns: 40 }, false))).toEqual([
      'head',
      'c',
      'd',
      '  lines 3 to 4 of 4',
      'foot',
    ]);
  });

  it('escapes control sequences of its content', () => {
    const text = frame(pageOf('a\x1b[31mb\u202e'), 0, { rows: 3, columns: 40 }, true);
    expect(text).toContain('a?[31mb?\x1b[K');
  });

  it('has colours only in a terminal that has them, and clips what is read, not the colours', () => {
    const page = { ...pageOf(), body: [['a ', { text: 'down here', style: 'red' as const }]] };
    const size = { rows: 3, columns: 6 };
    expect(frame(page, 0, size, true)).toContain('a \x1b[31mdown\x1b[39m\x1b[K');
    expect(frame(page, 0, size, false)).toContain('a down\x1b[K');
  });

  it('scrolls by keys, and no further than its content', () => {
    const written: string[] = [];
    const screen = new Screen({
      rows: 3,
      columns: 40,
      write: (text: string) => written.push(text),
      on: () => undefined,
    });
    screen.draw(() => pageOf('a', 'b', 'c', 'd'));
    const after = (key: string): string[] => {
      expect(screen.scroll(key)).toBe(true);
      return shown(written.at(-1) ?? '').slice(0, 2);
    };
    expect(after('up')).toEqual(['a', 'b']);
    expect(after('down')).toEqual(['b', 'c']);
    expect(after('pagedown')).toEqual(['c', 'd']);
    expect(after('home')).toEqual(['a', 'b']);
    expect(after('end')).toEqual(['c', 'd']);
    expect(screen.scroll('x')).toBe(false);
  });

  it('restores the terminal, and redraws when it is resized', () => {
    const written: string[] = [];
    let resize: (() => void) | undefined;
    const terminal = {
      rows: 5,
      columns: 20,
      write: (text: string) => written.push(text),
      on: (_event: 'resize', listener: () => void) => (resize = listener),
    };
    const screen = new Screen(terminal);
    screen.draw(() => pageOf('wide enough to be cut'));
    terminal.columns = 4;
    resize?.();
    expect(shown(written.at(-1) ?? '')).toEqual(['wide']);
    screen.close();
    expect([written[0], written.at(-1)]).toEqual(['\x1b[?1049h\x1b[?25l', '\x1b[?25h\x1b[?1049l']);
  });
});

describe('a duration', () => {
  it.each([
    [0, '0 s'],
    [119_000, '119 s'],
    [120_000, '2 min'],
    [7_200_000, '2 h'],
    [172_800_000, '2 d'],
  ])('of %d ms is %s', (ms, words) => {
    expect(inWords(ms)).toBe(words);
  });
});
