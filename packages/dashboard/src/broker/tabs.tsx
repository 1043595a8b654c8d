import type { JSX } from 'preact';
import { hrefOf, TABS } from './use-tab.ts';
import type { Tab } from './use-tab.ts';

const LABELS: Record<Tab, string> = {
  events: 'Events',
  channels: 'Channels',
  connections: 'Connections',
};

export function Tabs({
  appId,
  shown,
}: {
  readonly appId: string;
  readonly shown: Tab;
}): JSX.Element {
  return (
    <nav class="tabs" aria-label="Parts of the app">
      {TABS.map((tab) => (
        <a key={tab} href={hrefOf(tab, appId)} aria-current={tab === shown ? 'page' : undefined}>
          {LABELS[tab]}
        </a>
      ))}
    </nav>
  );
}
