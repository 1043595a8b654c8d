import type { Explanation } from '@rollcall/gateway';
import type { JSX } from 'preact';
import { History } from './history.tsx';
import { placeOf } from '../model/place.ts';
import { toneOf, verdictOf } from '../model/why.ts';
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
        fault === undefined && <div class="skeleton" role="status" aria-label="Asking the gateway" />
      ) : (
        <Told explanation={explanation} now={now} />
      )}
    </article>
  );
}

function Told({ explanation, now }: { readonly explanation: Explanation; readonly now: number }): JSX.Element {
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
      {instances.map((instance) => (
        <section key={instance.key} class="story">
          <h2>
            <span class={toneOf(instance)}>
              <Mark tone={toneOf(instance)} /> {instance.isRoutable ? 'In turn' : 'Not picked'}
            </span>{' '}
            <span class="mono">{placeOf(instance.announcement)}</span>{' '}
            <span class="muted id">{instance.key}</span>
          </h2>
          <History entries={instance.history} now={now} />
        </section>
      ))}
      {gone.toReversed().map(({ key, history }) => (
        <section key={key} class="story">
          <h2>
            <span class="muted">
              <Mark tone="quiet" /> Gone
            </span>{' '}
            <span class="mono">{key}</span>
          </h2>
          <History entries={history} now={now} />
        </section>
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
    </>
  );
}
