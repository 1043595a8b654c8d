import type { JSX } from 'preact';
import type { Tone } from '../model/tone.ts';
import { Mark } from './mark.tsx';

/** An item of a list: its state as a mark, its name, and a text about it. */
export function MarkedItem({
  name,
  tone,
  text,
}: {
  readonly name: string;
  readonly tone: Tone;
  readonly text: string;
}): JSX.Element {
  return (
    <li>
      <Mark tone={tone} />
      <div>
        <span class="mono">{name}</span>
        <p class="muted">{text}</p>
      </div>
    </li>
  );
}
