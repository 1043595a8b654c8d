import type { BrokerEvent, BrokerEventType } from '@rollcall/broker';
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { formatClock, formatExactly } from '../model/time.ts';
import { Mark } from '../view/mark.tsx';
import { BROKER_EVENT_NAMES, BROKER_EVENT_TONES } from './event-tones.ts';
import { Untrusted } from './untrusted.tsx';
import type { LogLine } from './logged-events.ts';
import { useEvents } from './use-events.ts';
import { useSettled } from './use-settled.ts';

interface EventLogProps {
  readonly appId: string;
  readonly hasPeers: boolean;
}

/** What happens in an app from now on, with a filter. While it is paused or not shown, the broker notes nothing. */
export function EventLog({ appId, hasPeers }: EventLogProps): JSX.Element {
  const [hidden, setHidden] = useState<ReadonlySet<BrokerEventType>>(new Set());
  const [text, setText] = useState('');
  const [isPaused, setPaused] = useState(false);
  const settled = useSettled(text);
  const types = BROKER_EVENT_NAMES.filter((type) => !hidden.has(type));
  const query = new URLSearchParams({ types: types.join(','), text: settled });
  const isOff = isPaused || types.length === 0;
  const { lines, error, isOpen, clear } = useEvents(
    isOff ? undefined : `api/apps/${appId}/events?${query.toString()}`,
  );
  return (
    <div class="panel">
      <div class="controls">
        <input
          type="search"
          placeholder="Channel, event, socket id or user"
          aria-label="Filter events by channel, event name, socket id or user"
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
        />
        <button type="button" aria-pressed={isPaused} onClick={() => setPaused(!isPaused)}>
          {isPaused ? 'Resume' : 'Pause'}
        </button>
        <button type="button" onClick={clear}>
          Clear
        </button>
        <TypeFilter hidden={hidden} onChange={setHidden} />
      </div>
      {error !== undefined && <p class="bad padded">{error}. Retrying.</p>}
      {lines.length === 0 && (
        <p class="muted padded">
          {isOff
            ? 'Paused.'
            : isOpen
              ? `Waiting for events${hasPeers ? ' on this node' : ''}. They are shown from now on.`
              : 'Connecting.'}
        </p>
      )}
      <ol class="log" aria-label="Events, newest first">
        {lines.map((line) => (
          <LogItem key={line.id} line={line} />
        ))}
      </ol>
    </div>
  );
}

interface TypeFilterProps {
  readonly hidden: ReadonlySet<BrokerEventType>;
  readonly onChange: (hidden: ReadonlySet<BrokerEventType>) => void;
}

function TypeFilter({ hidden, onChange }: TypeFilterProps): JSX.Element {
  function toggle(type: BrokerEventType): void {
    const changed = new Set(hidden);
    if (!changed.delete(type)) changed.add(type);
    onChange(changed);
  }
  return (
    <fieldset class="types">
      <legend>Kinds of events</legend>
      {BROKER_EVENT_NAMES.map((type) => (
        <label key={type}>
          <input type="checkbox" checked={!hidden.has(type)} onChange={() => toggle(type)} />
          {type.replace('-', ' ')}
        </label>
      ))}
    </fieldset>
  );
}

function LogItem({ line }: { readonly line: LogLine }): JSX.Element {
  if ('dropped' in line) {
    return (
      <li class="dropped warning">
        {line.dropped.toLocaleString('en')} more events are not shown, because they came too fast
      </li>
    );
  }
  const { at, type, channel, event, socketId, userId, detail } = line.event;
  const tone = BROKER_EVENT_TONES[type];
  return (
    <li>
      <time class="mono muted" dateTime={new Date(at).toISOString()} title={formatExactly(at)}>
        {formatClock(at)}
      </time>
      <span class={`type ${tone}`}>
        <Mark tone={tone} /> {type.replace('-', ' ')}
      </span>
      <div class="what">
        <p>
          {event !== undefined && (
            <b>
              <Untrusted class="mono" text={event} />
            </b>
          )}{' '}
          {channel !== undefined && <Untrusted class="mono" text={channel} />}{' '}
          {detail !== undefined && <Untrusted text={detail} />}{' '}
          {userId !== undefined && <Untrusted class="muted" text={`user ${userId}`} />}{' '}
          {socketId !== undefined && <Untrusted class="mono muted" text={socketId} />}
        </p>
        <Data event={line.event} />
      </div>
    </li>
  );
}

function Data({ event }: { readonly event: BrokerEvent }): JSX.Element | null {
  const { data, dataLength = 0 } = event;
  if (data === undefined || data === '') return null;
  const rest = dataLength - data.length;
  return (
    <p class="data">
      <Untrusted class="mono" text={data} />
      {rest > 0 && <span class="muted"> … {rest.toLocaleString('en')} more characters</span>}
    </p>
  );
}
