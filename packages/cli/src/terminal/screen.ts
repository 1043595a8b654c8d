import { isInColour } from '@rollcall/runtime/log';
import { clip, lineText } from './line.ts';
import type { Line } from './line.ts';

/** The part of a terminal that this needs. */
export interface Terminal {
  readonly rows: number;
  readonly columns: number;
  readonly isTTY?: boolean;
  hasColors?(): boolean;
  write(text: string): unknown;
  on(event: 'resize', listener: () => void): unknown;
}

export type Size = Pick<Terminal, 'rows' | 'columns'>;

/** What is shown: the body scrolls between the head and the foot. */
export interface Page {
  readonly head: readonly Line[];
  readonly body: readonly Line[];
  readonly foot: readonly Line[];
}

// ECMA-48 control sequences, and the alternate screen of xterm, which leaves the main one as it was.
const ENTER = '\x1b[?1049h\x1b[?25l';
const LEAVE = '\x1b[?25h\x1b[?1049l';
const HOME = '\x1b[H';
const CLEAR_LINE = '\x1b[K';
const CLEAR_BELOW = '\x1b[J';

/** A terminal in which the same page is redrawn as it changes. */
export class Screen {
  readonly #terminal: Terminal;
  readonly #inColour: boolean;
  #page: (size: Size) => Page = () => ({ head: [], body: [], foot: [] });
  #offset = 0;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
    this.#inColour = isInColour(terminal);
    terminal.write(ENTER);
    terminal.on('resize', () => this.#redraw());
  }

  /** @param page returns what is shown in a terminal of that size */
  draw(page: (size: Size) => Page): void {
    this.#page = page;
    this.#redraw();
  }

  /** Scrolls the body by the key, and returns whether it is one that scrolls. */
  scroll(key: string): boolean {
    const size = sizeOf(this.#terminal);
    const page = this.#page(size);
    const { body } = page;
    const height = bodyHeight(page, size);
    const steps: Readonly<Record<string, number>> = {
      up: -1,
      down: 1,
      pageup: -height,
      pagedown: height,
      home: -body.length,
      end: body.length,
    };
    const step = steps[key];
    if (step === undefined) return false;
    this.#offset += step;
    this.#redraw();
    return true;
  }

  /** Leaves the terminal as it was found. */
  close(): void {
    this.#terminal.write(LEAVE);
  }

  #redraw(): void {
    const size = sizeOf(this.#terminal);
    const page = this.#page(size);
    this.#offset = within(page, size, this.#offset);
    this.#terminal.write(frame(page, this.#offset, size, this.#inColour));
  }
}

/** The terminal of this process as a screen, until the process exits. */
export function openScreen(): Screen {
  const screen = new Screen(process.stdout);
  process.once('exit', () => screen.close());
  return screen;
}

/** Written over the frame before it, so that nothing flickers. */
export function frame(page: Page, offset: number, size: Size, inColour: boolean): string {
  const { head, body, foot } = page;
  const height = bodyHeight(page, size);
  const shown = body.slice(offset, offset + height);
  const cut = shown.length < body.length;
  const position = `  lines ${offset + 1} to ${offset + shown.length} of ${body.length}`;
  const all = [...head, ...shown, ...(cut ? [[position]] : []), ...foot].slice(0, size.rows);
  const lines = all.map((line) => lineText(clip(line, size.columns), inColour) + CLEAR_LINE);
  return `${HOME}${lines.join('\r\n')}${CLEAR_BELOW}`;
}

/** How many lines of the body fit. If some do not, a line says so. */
function bodyHeight({ head, body, foot }: Page, { rows }: Size): number {
  const room = rows - head.length - foot.length;
  return Math.max(1, body.length <= room ? room : room - 1);
}

function within(page: Page, size: Size, offset: number): number {
  return Math.max(0, Math.min(offset, page.body.length - bodyHeight(page, size)));
}

/** A terminal of unknown size reports 0. */
function sizeOf({ rows, columns }: Size): Size {
  return { rows: rows || 24, columns: columns || 80 };
}
