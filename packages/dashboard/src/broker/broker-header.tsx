import type { AppView, BrokerStatus } from '@rollcall/broker';
import type { JSX } from 'preact';
import { Mark } from '../view/mark.tsx';
import { ThemeSwitch } from '../view/theme-switch.tsx';
import { hrefOf } from './use-tab.ts';
import type { Tab } from './use-tab.ts';

interface BrokerHeaderProps {
  readonly status: BrokerStatus | undefined;
  readonly app: AppView | undefined;
  readonly tab: Tab;
}

export function BrokerHeader({ status, app, tab }: BrokerHeaderProps): JSX.Element {
  const address = status?.nodes.find((node) => node.status === 'self')?.report?.address;
  return (
    <header class="top">
      <a class="brand" href="#" aria-label="Rollcall broker, start">
        Rollcall broker
      </a>
      {status !== undefined && (
        <p class="link">
          <Mark tone={status.isReady ? 'good' : 'bad'} />
          <span class="mono">{address}</span>{' '}
          <span class="muted">{status.isReady ? 'ready' : 'not ready'}</span>
        </p>
      )}
      {status !== undefined && status.apps.length > 1 && (
        <label class="apps">
          <span>App</span>
          <select
            value={app?.appId}
            onChange={(event) => {
              location.hash = hrefOf(tab, event.currentTarget.value);
            }}
          >
            {status.apps.map(({ appId }) => (
              <option key={appId}>{appId}</option>
            ))}
          </select>
        </label>
      )}
      <ThemeSwitch />
    </header>
  );
}
