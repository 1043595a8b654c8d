import type { StatusView } from '@rollcall/gateway';
import type { JSX } from 'preact';
import type { Model } from '../model/model.ts';
import { formatSpan } from '../model/time.ts';
import type { Tone } from '../model/tone.ts';
import { Mark } from './mark.tsx';
import { PathForm } from './path-form.tsx';
import { ThemeSwitch } from './theme-switch.tsx';
import { hrefOf } from './use-page.ts';
import type { Page } from './use-page.ts';

interface HeaderProps {
  readonly status: StatusView | undefined;
  readonly link: Model['link'];
  readonly now: number;
  readonly page: Page;
}

export function Header({ status, link, now, page }: HeaderProps): JSX.Element {
  return (
    <header class="top">
      <a class="brand" href={hrefOf({ view: 'overview' })} aria-label="Rollcall, overview">
        Rollcall
      </a>
      {status !== undefined && <GatewayLink status={status} link={link} now={now} />}
      {status !== undefined && <PathForm path={page.view === 'explain' ? page.path : ''} />}
      <ThemeSwitch />
    </header>
  );
}

const LINK_STATES: Record<StatusView['discovery']['state'], { tone: Tone; label: string }> = {
  connected: { tone: 'good', label: 'connected to the broker' },
  disconnected: { tone: 'warning', label: 'disconnected from the broker' },
  expired: { tone: 'bad', label: 'no valid table' },
};

/** The gateway's URL and its connection to the broker. */
function GatewayLink({
  status,
  link,
  now,
}: Pick<HeaderProps, 'link' | 'now'> & { status: StatusView }): JSX.Element {
  const { gateway, discovery } = status;
  const { tone, label } =
    link === 'lost' ? { tone: 'bad' as const, label: 'unreachable' } : LINK_STATES[discovery.state];
  const since = link === 'lost' ? '' : ` for ${formatSpan(now - discovery.since)}`;
  return (
    <p
      class="link"
      title={`${gateway.name}, channel ${gateway.channel} of the broker at ${gateway.server}`}
    >
      <Mark tone={tone} />
      <span class="mono">{gateway.url.replace('http://', '')}</span>{' '}
      <span class="muted">
        {label}
        {since}
      </span>
    </p>
  );
}
