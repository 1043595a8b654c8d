import type { Explanation } from '@rollcall/gateway';
import type { JSX } from 'preact';
import { EVENT_TONES } from '../model/event.ts';
import { formatClock, formatExactly, formatSpan } from '../model/time.ts';

type Entry = Explanation['link'][number];

/** Messages and probes with the changes they caused, the newest first. */
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
          <time class="mono muted" title={formatExactly(entry.at)}>
            {formatClock(entry.at)}
          </time>
          <p>
            {entry.what ?? 'time passed'}
            {entry.times > 1 && (
              <span class="muted">
                {' '}
                {entry.times} times, last {formatSpan(now - entry.last)} ago
              </span>
            )}
            {entry.change !== undefined && (
              <>
                {' '}
                <span class={EVENT_TONES[entry.change]}>→ {entry.change}</span>{' '}
                <span class="muted">{entry.why}</span>
              </>
            )}
          </p>
        </li>
      ))}
    </ol>
  );
}
