import { emitKeypressEvents } from 'node:readline';
import type { Key } from 'node:readline';

/** A key that was pressed. */
export interface KeyPress {
  /** Such as `a`, `up`, `pagedown` or `return`. */
  readonly name: string;
  /** What it types, if that is one printable character. */
  readonly text: string | undefined;
}

/** Reports each key without waiting for Enter, if standard input is a terminal. Ctrl+C stays SIGINT. */
export function onKeys(press: (key: KeyPress) => void): void {
  const { stdin } = process;
  if (!stdin.isTTY) return;
  emitKeypressEvents(stdin);
  // Node restores the terminal when the process exits.
  stdin.setRawMode(true);
  stdin.on('keypress', (typed: string | undefined, key: Key) => {
    if (key.ctrl === true && key.name === 'c') interrupt();
    else if (key.ctrl !== true && key.meta !== true) press(keyPress(typed, key));
  });
}

/** Ends this process as Ctrl+C does. */
export function interrupt(): void {
  process.kill(process.pid, 'SIGINT');
}

function keyPress(typed: string | undefined, { name, sequence = '' }: Key): KeyPress {
  const text = typed !== undefined && /^[\x20-\x7e]$/.test(typed) ? typed : undefined;
  return { name: name ?? sequence, text };
}
