import type { AppView, BrokerStatus } from '@rollcall/broker';
import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { RequestError } from '../api/client.ts';
import { BROKER } from '../model/program.ts';
import { AlarmBanner } from '../view/alarm-banner.tsx';
import { Loading } from '../view/loading.tsx';
import { Locked } from '../view/locked.tsx';
import { SkipLink } from '../view/skip-link.tsx';
import { usePolled } from '../view/use-polled.ts';
import { brokerAlarm } from './broker-alarm.ts';
import { BrokerHeader } from './broker-header.tsx';
import { Channels } from './channels.tsx';
import { Connections } from './connections.tsx';
import { Counts } from './counts.tsx';
import { EventLog } from './event-log.tsx';
import { Nodes } from './nodes.tsx';
import { SendEvent } from './send-event.tsx';
import { Tabs } from './tabs.tsx';
import { useTab } from './use-tab.ts';
import type { Tab } from './use-tab.ts';

/** Without a valid token, and with one that does not have the scope `read`. */
const LOCKS = { 401: true, 403: true };

/** The page of a broker: its apps, what they hold and what happens in them, and the nodes of the cluster. */
export function BrokerApp(): JSX.Element {
  const [run, setRun] = useState(0);
  const { data: status, error } = usePolled<BrokerStatus>('api/status', run);
  const refusal = error instanceof RequestError && error.status in LOCKS ? error : undefined;
  const isLocked = refusal !== undefined;
  const { tab, appId } = useTab();
  const app = status?.apps.find((each) => each.appId === appId) ?? status?.apps[0];
  const alarm = isLocked ? undefined : brokerAlarm(status, error);
  useEffect(() => {
    document.title = alarm === undefined ? 'Rollcall broker' : `${alarm.title} · Rollcall broker`;
  }, [alarm?.title]);
  return (
    <>
      <SkipLink />
      <BrokerHeader status={status} app={app} tab={tab} />
      <AlarmBanner alarm={alarm} />
      <main id="main" tabIndex={-1} class={error !== undefined && !isLocked ? 'stale' : ''}>
        {isLocked ? (
          <Locked
            program={BROKER}
            onToken={() => setRun(run + 1)}
            reason={refusal.status === 403 ? refusal.message : undefined}
          />
        ) : status === undefined || app === undefined ? (
          <Loading program={BROKER} isLost={error !== undefined} />
        ) : (
          <div class="overview">
            <AppPart key={app.appId} app={app} status={status} tab={tab} />
            <aside>
              <Nodes status={status} />
              <SendEvent key={app.appId} appId={app.appId} status={status} />
            </aside>
          </div>
        )}
      </main>
    </>
  );
}

interface AppPartProps {
  readonly app: AppView;
  readonly status: BrokerStatus;
  readonly tab: Tab;
}

function AppPart({ app, status, tab }: AppPartProps): JSX.Element {
  const { appId } = app;
  const hasPeers = status.cluster !== undefined;
  return (
    <section aria-labelledby="shown-app">
      <div class="bar">
        <h1 id="shown-app">
          App <span class="mono">{appId}</span>
        </h1>
        {!app.isEnabled && <p class="warning">disabled</p>}
      </div>
      <Counts app={app} hasPeers={hasPeers} />
      <Tabs appId={appId} shown={tab} />
      {tab === 'events' && <EventLog appId={appId} hasPeers={hasPeers} />}
      {tab === 'channels' && <Channels appId={appId} hasPeers={hasPeers} />}
      {tab === 'connections' && <Connections appId={appId} hasPeers={hasPeers} now={status.now} />}
    </section>
  );
}
