import type { Explanation } from '@rollcall/gateway';
import type { JSX } from 'preact';
import { History } from './history.tsx';
import { hostPort } from '../model/host-port.ts';
import { describeState } from '../model/instance-state.ts';
import { formatClock, formatExactly } from '../model/time.ts';
import type { Tone } from '../model/tone.ts';
import { versionLine } from '../model/version.ts';
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
        <ExplanationView asked={path} explanation={explanation} now={now} />
      )}
    </article>
  );
}

function ExplanationView({
  asked,
  explanation,
  now,
}: {
  /** The path or URL as it was given: the explanation has no host. */
  readonly asked: string;
  readonly explanation: Explanation;
  readonly now: number;
}): JSX.Element {
  const { verdict, instances, gone, link, refused } = explanation;
  const { tone, head, rest } = parseVerdict(verdict);
  return (
    <>
      <h1>
        <span class="mono path">{asked}</span> goes{' '}
        <span class={tone}>
          <Mark tone={tone} /> {head}
        </span>
      </h1>
      {rest !== '' && <p class="rest">{rest}</p>}
      <div class="histories">
        <RouteRules explanation={explanation} />
        {instances.map((instance) => (
          <InstanceHistory
            key={instance.key}
            tone={describeState(instance).tone}
            label={stateLabel(instance)}
            title={hostPort(instance.announcement)}
            id={instance.configuredAs ?? instance.key}
            source={instance.announcement.source}
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

/** What requests pass, and which versions share them; nothing if there is neither. */
function RouteRules({ explanation }: { readonly explanation: Explanation }): JSX.Element | null {
  const { matched = '', route, filters, versions } = explanation;
  const rule = route?.versions;
  if (filters.length === 0 && versions.length === 0 && rule === undefined) return null;
  return (
    <section class="instance-history">
      <h2>
        Route <span class="mono">{matched}</span>
      </h2>
      <ol class="history">
        {filters.map(({ name, effect }) => (
          <RouteRule key={name} kind="filter" name={name} text={effect} />
        ))}
        {rule !== undefined && <RouteRule kind="versions" name="" text={rule} />}
        {versions.map(versionLine).map(({ name, label, share, why }) => {
          const text = share === undefined ? label : `${label}, ${share} of requests`;
          return <RouteRule key={name} kind="version" name={name} text={`${text}: ${why}`} />;
        })}
      </ol>
    </section>
  );
}

function RouteRule({ kind, name, text }: Record<'kind' | 'name' | 'text', string>): JSX.Element {
  return (
    <li>
      <span class="muted">{kind}</span>
      <p>
        <span class="mono">{name}</span> <span class="muted">{text}</span>
      </p>
    </li>
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

/** Such as `Suspect, receives traffic, version 1.5`. */
function stateLabel(instance: Explanation['instances'][number]): string {
  const { version } = instance.announcement;
  const traffic = instance.isRoutable ? 'receives traffic' : 'receives no traffic';
  const software = version === undefined ? '' : `, version ${version}`;
  return `${describeState(instance).label}, ${traffic}${software}`;
}

interface InstanceHistoryProps {
  readonly tone: Tone;
  readonly label: string;
  readonly title: string;
  /** What announced the instance in its place. */
  readonly source?: string | undefined;
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
  source,
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
      {source !== undefined && <p class="muted">announced by {source}</p>}
      <History entries={entries} now={now} />
    </section>
  );
}
