import type { Event } from '@rollcall/gateway';
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { EVENT_TONES, eventLabel } from '../model/event.ts';
import { hostPort } from '../model/host-port.ts';
import { formatClock, formatExactly } from '../model/time.ts';
import { Mark } from './mark.tsx';

/** How many events are shown before the button for more is pressed. */
const FIRST = 12;

/** The latest events, the newest first. */
export function Events({ events }: { readonly events: readonly Event[] }): JSX.Element {
  const [max, setMax] = useState(FIRST);
  return (
    <section class="events" aria-labelledby="events">
      <h2 id="events">Events</h2>
      {events.length === 0 && <p class="muted">No events since the gateway started.</p>}
      <ol aria-label="Newest first">
        {events.slice(0, max).map((event) => (
          <EventItem key={event.id} event={event} />
        ))}
      </ol>
      {events.length > max && (
        <button class="more" type="button" onClick={() => setMax(events.length)}>
          Show {events.length - max} more
        </button>
      )}
    </section>
  );
}

function EventItem({ event }: { readonly event: Event }): JSX.Element {
  const { at, type, reason, message, instance } = event;
  const tone = EVENT_TONES[type];
  return (
    <li>
      <time class="mono muted" dateTime={new Date(at).toISOString()} title={formatExactly(at)}>
        {formatClock(at)}
      </time>
      <div title={message}>
        <p>
          <span class={tone}>
            <Mark tone={tone} /> {eventLabel(type)}
          </span>{' '}
          {instance !== undefined && (
            <span class="mono">{instance.announcement.prefix || '/'}</span>
          )}
        </p>
        <p class="muted">
          {instance !== undefined && (
            <>
              <span class="mono">{hostPort(instance.announcement)}</span> ·{' '}
            </>
          )}
          {reason}
        </p>
      </div>
    </li>
  );
}
