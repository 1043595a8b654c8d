import type { Happening } from '@rollcall/gateway';
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { WORDS } from '../model/happening.ts';
import { placeOf } from '../model/place.ts';
import { clock, exactly } from '../model/time.ts';
import { Mark } from './mark.tsx';

const SHOWN = 12;

/** What has happened, the latest first. */
export function Changes({
  happenings,
}: {
  readonly happenings: readonly Happening[];
}): JSX.Element {
  const [most, setMost] = useState(SHOWN);
  return (
    <section class="changes" aria-labelledby="changes">
      <h2 id="changes">Changes</h2>
      {happenings.length === 0 && <p class="muted">None since this gateway started.</p>}
      <ol aria-label="The latest first">
        {happenings.slice(0, most).map((happening) => (
          <Change key={happening.id} happening={happening} />
        ))}
      </ol>
      {happenings.length > most && (
        <button class="more" type="button" onClick={() => setMost(happenings.length)}>
          Show {happenings.length - most} more
        </button>
      )}
    </section>
  );
}

function Change({ happening }: { readonly happening: Happening }): JSX.Element {
  const { at, what, why, instance } = happening;
  const { word, tone } = WORDS[what];
  return (
    <li>
      <time class="mono muted" dateTime={new Date(at).toISOString()} title={exactly(at)}>
        {clock(at)}
      </time>
      <div>
        <p>
          <span class={tone}>
            <Mark tone={tone} /> {word}
          </span>{' '}
          {instance !== undefined && (
            <span class="mono">{instance.announcement.prefix || '/'}</span>
          )}
        </p>
        <p class="muted">
          {instance !== undefined && (
            <>
              <span class="mono">{placeOf(instance.announcement)}</span> ·{' '}
            </>
          )}
          {why}
        </p>
      </div>
    </li>
  );
}
