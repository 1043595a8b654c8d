import type { Explanation } from '@rollcall/gateway';
import type { JSX } from 'preact';
import { History } from './history.tsx';
import { hostPort } from '../model/host-port.ts';
import { describeState } from '../model/instance-state.ts';
import { formatClock, formatExactly } from '../model/time.ts';
import type { Tone } from '../model/tone.ts';
import { parseVerdict } from '../model/verdict.ts';
import { Mark } from './mark.tsx';
import { useExplanation } from './use-explanation.ts';
import { hrefOf } from './use-page.ts';

/** Shows why a path is routed where it is, or nowhere, with every message, probe and rule involved. */
export function ExplanationPage({
  path,
  now,
}: {
  readonly path: string;
  readonly now: number;
}): JSX.Element {
  const { explanation, error } = useExplanation(path);
  return (
    <article class="explanation">
      <a class="back" href={hrefOf({ view: 'overview' })}>
        All services
      </a>
      {error !== undefined && <p class="bad">{error}</p>}
      {explanation === undefined ? (
        error === undefined && <div class="skeleton" role="status" aria-label="Loading" />
      ) : (
        <ExplanationView explanation={explanation} now={now} />
      )}
    </article>
  );
}

function ExplanationView({
  explanation,
  now,
}: {
  readonly explanation: Explanation;
  readonly now: number;
}): JSX.Element {
  const { path, verdict, route, instances, gone, link, refused } = explanation;
  const { tone, head, rest } = parseVerdict(verdict);
  return (
    <>
      <h1>
        <span class="mono path">{path}</span> goes{' '}
        <span class={tone}>
          <Mark tone={tone} /> {head}
        </span>
      </h1>
      {rest !== '' && <p class="rest">{rest}</p>}
      {route?.versions !== undefined && <p class="rest">Versions: {route.versions}</p>}
      <div class="histories">
        {instances.map((instance) => (
          <InstanceHistory
            key={instance.key}
            tone={describeState(instance).tone}
            label={stateLabel(instance)}
            title={hostPort(instance.announcement)}
            id={instance.key}
            entries={instance.history}
            now={now}
          />
        ))}
        {gone.toReversed().map(({ key, history }) => (
          <InstanceHistory
            key={key}
            tone="neutral"
            label="Left"
            title={key}
            entries={history}
            now={now}
          />
        ))}
        <section class="instance-history">
          <h2>Connection to the broker</h2>
          <History entries={link} now={now} />
        </section>
        {refused.length > 0 && <RefusedMessages refused={refused} />}
      </div>
    </>
  );
}

/** The messages that the gateway refused, of any prefix, latest first. */
function RefusedMessages({ refused }: Pick<Explanation, 'refused'>): JSX.Element {
  return (
    <section class="instance-history">
      <h2>Refused messages</h2>
      <ol class="history">
        {refused.toReversed().map(({ at, event, code, reason }, index) => (
          <li key={index}>
            <time class="mono muted" title={formatExactly(at)}>
              {formatClock(at)}
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
  );
}

/** Such as `Suspect, receives traffic`. */
function stateLabel(instance: Explanation['instances'][number]): string {
  const traffic = instance.isRoutable ? 'receives traffic' : 'receives no traffic';
  return `${describeState(instance).label}, ${traffic}`;
}

interface InstanceHistoryProps {
  readonly tone: Tone;
  readonly label: string;
  readonly title: string;
  readonly id?: string;
  readonly entries: Explanation['link'];
  readonly now: number;
}

/** Everything that happened to one instance. */
function InstanceHistory({
  tone,
  label,
  title,
  id,
  entries,
  now,
}: InstanceHistoryProps): JSX.Element {
  return (
    <section class="instance-history">
      <h2>
        <span class={tone}>
          <Mark tone={tone} /> {label}
        </span>{' '}
        <span class="mono">{title}</span> {id !== undefined && <span class="muted id">{id}</span>}
      </h2>
      <History entries={entries} now={now} />
    </section>
  );
}
