import type { Line } from '../terminal/line.ts';
import type { KeyPress } from '../terminal/keys.ts';
import type { Page, Screen } from '../terminal/screen.ts';
import { SORT_KEYS } from './order.ts';
import { EVERYTHING, viewOf } from './view.ts';
import type { Choice, Sample } from './view.ts';

const KEYS = 'arrows scroll, s sorts, / filters, q quits';

/** `rollcall top` in a terminal: the latest sample, scrolled, sorted and filtered by keys. */
export class TopScreen {
  readonly #screen: Pick<Screen, 'draw' | 'scroll'>;
  readonly #quit: () => void;
  #sample: Sample;
  #choice: Choice = EVERYTHING;
  /** Whether what is typed becomes the filter. */
  #isTyping = false;
  #fault: string | undefined;

  constructor(screen: Pick<Screen, 'draw' | 'scroll'>, sample: Sample, quit: () => void) {
    this.#screen = screen;
    this.#quit = quit;
    this.#sample = sample;
    this.#draw();
  }

  show(sample: Sample): void {
    this.#sample = sample;
    this.#fault = undefined;
    this.#draw();
  }

  /** Shows why there is no new sample, above the latest one. */
  showFault(fault: string): void {
    this.#fault = fault;
    this.#draw();
  }

  press(key: KeyPress): void {
    if (this.#screen.scroll(key.name)) return;
    const { sort, filter } = this.#choice;
    if (this.#isTyping) this.#type(key);
    else if (key.name === 'q') this.#quit();
    else if (key.name === 's') this.#choose({ sort: nextOf(SORT_KEYS, sort), filter });
    else if (key.name === 'escape') this.#choose({ sort, filter: '' });
    else if (key.text === '/') {
      this.#isTyping = true;
      this.#draw();
    }
  }

  #type({ name, text }: KeyPress): void {
    const { sort, filter } = this.#choice;
    if (name === 'return' || name === 'escape') this.#isTyping = false;
    if (name === 'escape') this.#choose({ sort, filter: '' });
    else if (name === 'backspace') this.#choose({ sort, filter: filter.slice(0, -1) });
    else this.#choose({ sort, filter: filter + (text ?? '') });
  }

  #choose(choice: Choice): void {
    this.#choice = choice;
    this.#draw();
  }

  #draw(): void {
    this.#screen.draw(() => this.#page());
  }

  #page(): Page {
    const { head, rows } = viewOf(this.#sample, this.#choice);
    const fault: Line[] = this.#fault === undefined ? [] : [[{ text: this.#fault, style: 'red' }]];
    return { head: [...fault, ...head], body: rows, foot: [[], this.#foot()] };
  }

  #foot(): Line {
    const { sort, filter } = this.#choice;
    if (this.#isTyping)
      return [`filter: ${filter}_  `, { text: 'Enter keeps it, Esc clears it', style: 'gray' }];
    const filtered = filter === '' ? '' : `, filtered by "${filter}"`;
    return [`sorted by ${sort}${filtered}  `, { text: KEYS, style: 'gray' }];
  }
}

function nextOf<T>(all: readonly T[], one: T): T {
  return all[(all.indexOf(one) + 1) % all.length] ?? one;
}
