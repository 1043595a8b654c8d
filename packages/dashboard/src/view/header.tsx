import type { StatusView } from '@rollcall/gateway';
import type { JSX } from 'preact';
import type { Model } from '../model/model.ts';
import type { Tone } from '../model/standing.ts';
import { span } from '../model/time.ts';
import { Mark } from './mark.tsx';
import { PathForm } from './path-form.tsx';
import { ThemeSwitch } from './theme-switch.tsx';
import { hrefOf } from './use-place.ts';
import type { Place } from './use-place.ts';

interface HeaderProps {
  readonly status: StatusView | undefined;
  readonly link: Model['link'];
  readonly now: number;
  readonly place: Place;
}

export function Header({ status, link, now, place }: HeaderProps): JSX.Element {
  return (
    <header class="top">
      <a class="brand" href={hrefOf({ view: 'overview' })} aria-label="Rollcall, overview">
        Rollcall
      </a>
      {status !== undefined && <Sight status={status} link={link} now={now} />}
      {status !== undefined && <PathForm path={place.view === 'why' ? place.path : ''} />}
      <ThemeSwitch />
    </header>
  );
}

const SIGHTS: Record<StatusView['discovery']['sight'], { tone: Tone; word: string }> = {
  live: { tone: 'good', word: 'hearing' },
  lost: { tone: 'doubt', word: 'lost' },
  blind: { tone: 'bad', word: 'blind' },
};

/** How well the gateway sees, and which one it is. */
function Sight({
  status,
  link,
  now,
}: Pick<HeaderProps, 'link' | 'now'> & { status: StatusView }): JSX.Element {
  const { gateway, discovery } = status;
  const { tone, word } =
    link === 'lost' ? { tone: 'bad' as const, word: 'not reached' } : SIGHTS[discovery.sight];
  const since = link === 'lost' ? '' : ` for ${span(now - discovery.since)}`;
  return (
    <p
      class="sight"
      title={`${gateway.name}, on the channel ${gateway.channel} at ${gateway.server}`}
    >
      <Mark tone={tone} />
      <span class="mono">{gateway.url.replace('http://', '')}</span>{' '}
      <span class="muted">
        {word}
        {since}
      </span>
    </p>
  );
}
