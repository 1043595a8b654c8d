/** The part of a terminal that this needs. */
export interface Terminal {
  readonly rows: number;
  readonly columns: number;
  write(text: string): unknown;
  on(event: 'resize', listener: () => void): unknown;
}

// ECMA-48 control sequences, and the alternate screen of xterm, which leaves the main one as it was.
const ENTER = '\x1b[?1049h\x1b[?25l';
const LEAVE = '\x1b[?25h\x1b[?1049l';
const HOME = '\x1b[H';
const CLEAR_LINE = '\x1b[K';
const CLEAR_BELOW = '\x1b[J';

/** A terminal in which the same lines are redrawn as they change. */
export class Screen {
  readonly #terminal: Terminal;
  #lines: readonly string[] = [];

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
    terminal.write(ENTER);
    terminal.on('resize', () => this.draw(this.#lines));
  }

  draw(lines: readonly string[]): void {
    this.#lines = lines;
    this.#terminal.write(frame(lines, this.#terminal));
  }

  /** Leaves the terminal as it was found. */
  close(): void {
    this.#terminal.write(LEAVE);
  }
}

/** The lines that fit, written over the previous ones so that nothing flickers. */
export function frame(lines: readonly string[], size: Pick<Terminal, 'rows' | 'columns'>): string {
  // A terminal of unknown size reports 0.
  const { rows, columns } = { rows: size.rows || 24, columns: size.columns || 80 };
  const fits = lines.length <= rows ? lines : [...lines.slice(0, rows - 1), more(lines, rows)];
  // Only printable ASCII is as wide as it is long, and the channel may send any text.
  const cut = fits.map((line) => line.replace(/[^\x20-\x7e]/g, '?').slice(0, columns));
  return `${HOME}${cut.map((line) => line + CLEAR_LINE).join('\r\n')}${CLEAR_BELOW}`;
}

function more(lines: readonly string[], rows: number): string {
  return `... and ${lines.length - rows + 1} more lines`;
}
