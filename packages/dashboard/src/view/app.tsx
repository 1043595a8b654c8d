import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { token } from '../api/client.ts';
import { alarmOf } from '../model/alarm.ts';
import { AuditPage } from './audit.tsx';
import { AlarmBanner } from './alarm-banner.tsx';
import { Header } from './header.tsx';
import { Locked } from './locked.tsx';
import { Loading } from './loading.tsx';
import { Overview } from './overview.tsx';
import { useModel } from './use-model.ts';
import { useNow } from './use-now.ts';
import { SkipLink } from './skip-link.tsx';
import { usePage } from './use-page.ts';
import { ExplanationPage } from './explanation.tsx';

/** The page: a header, what is wrong if something is, and the page that the URL names. */
export function App(): JSX.Element {
  const { model, dispatch, restart } = useModel();
  const now = useNow();
  const page = usePage();
  const alarm = alarmOf(model, now);
  const { status } = model;
  const title = alarm?.title ?? status?.gateway.url.replace('http://', '');
  useEffect(() => {
    document.title = title === undefined ? 'Rollcall' : `${title} · Rollcall`;
  }, [title]);
  return (
    <>
      <SkipLink />
      <Header
        status={status}
        now={now + model.offset}
        page={page}
        link={model.link}
        onSignOut={() => {
          token.forget();
          restart();
        }}
      />
      <AlarmBanner alarm={alarm} />
      <main id="main" tabIndex={-1} class={model.link === 'lost' ? 'stale' : ''}>
        {model.link === 'locked' ? (
          <Locked onToken={restart} reason={model.locked} />
        ) : status === undefined ? (
          <Loading isLost={model.link === 'lost'} />
        ) : page.view === 'audit' ? (
          <AuditPage />
        ) : page.view === 'explain' ? (
          <ExplanationPage path={page.path} now={now + model.offset} />
        ) : (
          <Overview model={model} status={status} now={now + model.offset} dispatch={dispatch} />
        )}
      </main>
    </>
  );
}
