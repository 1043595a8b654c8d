import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { alarmOf } from '../model/alarm.ts';
import { AlarmBanner } from './alarm-banner.tsx';
import { Header } from './header.tsx';
import { Locked } from './locked.tsx';
import { Loading } from './loading.tsx';
import { Overview } from './overview.tsx';
import { useModel } from './use-model.ts';
import { useNow } from './use-now.ts';
import { usePlace } from './use-place.ts';
import { Why } from './why.tsx';

/** The page: a header, what is wrong if something is, and the place that the address names. */
export function App(): JSX.Element {
  const { model, dispatch, restart } = useModel();
  const now = useNow();
  const place = usePlace();
  const alarm = alarmOf(model, now);
  const { status } = model;
  const title = alarm?.title ?? status?.gateway.url.replace('http://', '');
  useEffect(() => {
    document.title = title === undefined ? 'Rollcall' : `${title} · Rollcall`;
  }, [title]);
  return (
    <>
      <SkipLink />
      <Header status={status} now={now + model.offset} place={place} link={model.link} />
      <AlarmBanner alarm={alarm} />
      <main id="main" tabIndex={-1} class={model.link === 'lost' ? 'stale' : ''}>
        {model.link === 'locked' ? (
          <Locked onToken={restart} />
        ) : status === undefined ? (
          <Loading isLost={model.link === 'lost'} />
        ) : place.view === 'why' ? (
          <Why path={place.path} now={now + model.offset} />
        ) : (
          <Overview model={model} status={status} now={now + model.offset} dispatch={dispatch} />
        )}
      </main>
    </>
  );
}

/** For the keyboard, past the header. */
function SkipLink(): JSX.Element {
  return (
    <a class="skip" href="#main" onClick={skip}>
      Skip to the content
    </a>
  );
}

/** The address stays as it is: it names the place. */
function skip(event: Event): void {
  event.preventDefault();
  document.getElementById('main')?.focus();
}
