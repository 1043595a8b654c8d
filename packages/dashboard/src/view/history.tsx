import type { Explanation } from '@rollcall/gateway';
import type { JSX } from 'preact';
import { TONES } from '../model/event.ts';
import { clock, exactly, span } from '../model/time.ts';

type Entry = Explanation['link'][number];

/** What came and what was made of it, the latest first. */
export function History({
  entries,
  now,
}: {
  readonly entries: readonly Entry[];
  readonly now: number;
}): JSX.Element {
  return (
    <ol class="history">
      {entries.toReversed().map((entry, index) => (
        <li key={index}>
          <time class="mono muted" title={exactly(entry.at)}>
            {clock(entry.at)}
          </time>
          <p>
            {entry.what ?? 'as time passed'}
            {entry.times > 1 && (
              <span class="muted">
                {' '}
                {entry.times} times, last {span(now - entry.last)} ago
              </span>
            )}
            {entry.change !== undefined && (
              <>
                {' '}
                <span class={TONES[entry.change]}>→ {entry.change}</span>{' '}
                <span class="muted">{entry.why}</span>
              </>
            )}
          </p>
        </li>
      ))}
    </ol>
  );
}
