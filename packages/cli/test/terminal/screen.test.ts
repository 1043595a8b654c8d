import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { inWords } from '../../src/terminal/duration.ts';
import { frame, Screen } from '../../src/terminal/screen.ts';

/** What is to be read of it. */
function shown(text: string): string[] {
  return stripVTControlCharacters(text).split('\r\n');
}

describe('a screen', () => {
  it('is filled from the top, and clears previous content', () => {
    const text = frame(['one', 'two'], { rows: 10, columns: 80 });
    expect(text).toBe('\x1b[Hone\x1b[K\r\ntwo\x1b[K\x1b[J');
  });

  it('truncates what does not fit, and says so', () => {
    const lines = ['123456', 'b', 'c', 'd', 'e'];
    expect(shown(frame(lines, { rows: 3, columns: 4 }))).toEqual(['1234', 'b', '... ']);
    expect(shown(frame(lines, { rows: 3, columns: 40 })).at(-1)).toBe('... and 3 more lines');
  });

  it('escapes control sequences of its content', () => {
    expect(frame(['a\x1b[31mb\u202e'], { rows: 3, columns: 40 })).toContain('a?[31mb?\x1b[K');
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
    screen.draw(['wide enough to be cut']);
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
