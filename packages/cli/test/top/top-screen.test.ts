import { describe, expect, it } from 'vitest';
import { lineText } from '../../src/terminal/line.ts';
import type { Page, Size } from '../../src/terminal/screen.ts';
import { TopScreen } from '../../src/top/top-screen.ts';
import type { Sample } from '../../src/top/view.ts';
import { statusAt } from './status.ts';

const SAMPLE: Sample = { status: statusAt(0), services: [], instances: [] };

function emptyPage(): Page {
  return { head: [], body: [], foot: [] };
}

function startTop() {
  let page: (size: Size) => Page = emptyPage;
  let quits = 0;
  const top = new TopScreen(
    { draw: (next) => (page = next), scroll: (key) => key === 'down' },
    SAMPLE,
    () => quits++,
  );
  return {
    top,
    press: (...keys: string[]) => {
      for (const name of keys) top.press({ name, text: name.length === 1 ? name : undefined });
      const { head, foot } = page({ rows: 24, columns: 80 });
      return [...head, ...foot].map((line) => lineText(line, false));
    },
    quits: () => quits,
  };
}

describe('keys in rollcall top', () => {
  it('s sorts by the next column, and after the last by the state again', () => {
    const { press } = startTop();
    expect(press('s').at(-1)).toMatch(/^sorted by requests /);
    expect(press('s', 's', 's', 's').at(-1)).toMatch(/^sorted by state /);
  });

  it('/ takes a filter until Enter, and Esc clears it', () => {
    const { press, quits } = startTop();
    expect(press('/', 's', 'q', 'x', 'backspace').at(-1)).toMatch(/^filter: sq_ /);
    expect(press('return').at(-1)).toMatch(/^sorted by state, filtered by "sq" /);
    expect(press('escape').at(-1)).toMatch(/^sorted by state {2}/);
    expect(quits()).toBe(0);
  });

  it('q quits', () => {
    const { press, quits } = startTop();
    press('q');
    expect(quits()).toBe(1);
  });

  it('are not needed to see that the gateway is away', () => {
    const { top, press } = startTop();
    top.showFault('rollcall: no gateway');
    expect(press()[0]).toBe('rollcall: no gateway');
  });
});
