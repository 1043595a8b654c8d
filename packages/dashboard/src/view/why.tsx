import type { Explanation } from '@rollcall/gateway';
import type { JSX } from 'preact';
import { History } from './history.tsx';
import { placeOf } from '../model/place.ts';
import { turnOf, verdictOf } from '../model/why.ts';
import type { Tone } from '../model/standing.ts';
import { clock, exactly } from '../model/time.ts';
import { Mark } from './mark.tsx';
import { useExplanation } from './use-explanation.ts';
import { hrefOf } from './use-place.ts';

/** Why a path is routed where it is, or nowhere: every message, probe and rule that led to it. */
export function Why({ path, now }: { readonly path: string; readonly now: number }): JSX.Element {
  const { explanation, fault } = useExplanation(path);
  return (
    <article class="why">
      <a class="back" href={hrefOf({ view: 'overview' })}>
        All services
      </a>
      {fault !== undefined && <p class="bad">{fault}</p>}
      {explanation === undefined ? (
        fault === undefined && (
          <div class="skeleton" role="status" aria-label="Asking the gateway" />
        )
      ) : (
        <Told explanation={explanation} now={now} />
      )}
    </article>
  );
}

function Told({
  explanation,
  now,
}: {
  readonly explanation: Explanation;
  readonly now: number;
}): JSX.Element {
  const { path, verdict, instances, gone, link, refused } = explanation;
  const { tone, head, rest } = verdictOf(verdict);
  return (
    <>
      <h1>
        <span class="mono path">{path}</span> goes{' '}
        <span class={tone}>
          <Mark tone={tone} /> {head}
        </span>
      </h1>
      {rest !== '' && <p class="rest">{rest}</p>}
      <div class="stories">
        {instances.map((instance) => (
          <Story
            key={instance.key}
            {...turnOf(instance)}
            title={placeOf(instance.announcement)}
            id={instance.key}
            entries={instance.history}
            now={now}
          />
        ))}
        {gone.toReversed().map(({ key, history }) => (
          <Story key={key} tone="quiet" word="Gone" title={key} entries={history} now={now} />
        ))}
        <section class="story">
          <h2>The gateway’s own link to the channel</h2>
          <History entries={link} now={now} />
        </section>
        {refused.length > 0 && (
          <section class="story">
            <h2>Refused lately</h2>
            <ol class="history">
              {refused.toReversed().map(({ at, event, code, reason }, index) => (
                <li key={index}>
                  <time class="mono muted" title={exactly(at)}>
                    {clock(at)}
                  </time>
                  <p>
                    <span class="mono">
                      {event} {code}
                    </span>{' '}
                    <span class="muted">{reason}</span>
                  </p>
                </li>
              ))}
            </ol>
          </section>
        )}
      </div>
    </>
  );
}

interface StoryProps {
  readonly tone: Tone;
  readonly word: string;
  readonly title: string;
  readonly id?: string;
  readonly entries: Explanation['link'];
  readonly now: number;
}

/** What has happened to one instance. */
function Story({ tone, word, title, id, entries, now }: StoryProps): JSX.Element {
  return (
    <section class="story">
      <h2>
        <span class={tone}>
          <Mark tone={tone} /> {word}
        </span>{' '}
        <span class="mono">{title}</span> {id !== undefined && <span class="muted id">{id}</span>}
      </h2>
      <History entries={entries} now={now} />
    </section>
  );
}
