import type { Event, InstanceView, ServiceView, State, StatusView } from '@rollcall/gateway';
import type { Action } from '../model/model.ts';
import { ask, askJson, Refused } from './client.ts';
import { readEvents } from './events.ts';
import { watched } from './watched.ts';

/** Evidence and traffic grow old without a change. */
const REFRESH_MS = 2000;
/** A change says how one instance stands; whether others are used now follows from it. */
const REFRESH_SOON_MS = 200;
/** As far as the charts go back. */
const HISTORY_S = 300;
const RETRY_MS = [500, 1000, 2000, 5000];

/** Follows the gateway until it is aborted: each thing that comes is an action. */
export async function follow(
  dispatch: (action: Action) => void,
  signal: AbortSignal,
): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    try {
      await listen(dispatch, signal, () => (failures = 0));
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof Refused && error.status === 401) {
        dispatch({ type: 'locked' });
        return;
      }
      dispatch({ type: 'lost', at: Date.now(), why: whyOf(error) });
      await pause(RETRY_MS[Math.min(failures++, RETRY_MS.length - 1)] ?? 0, signal);
    }
  }
}

/** Listens to the changes, and asks for what they do not tell, until the stream breaks off. */
async function listen(
  dispatch: (action: Action) => void,
  signal: AbortSignal,
  onOpen: () => void,
): Promise<void> {
  const ended = new AbortController();
  const within = AbortSignal.any([signal, ended.signal]);
  const { body } = await ask('api/changes', { signal: within });
  if (body === null) throw new TypeError('no body');
  let next: ReturnType<typeof setTimeout> | undefined;
  let dueAt = Infinity;
  function refreshIn(milliseconds: number): void {
    const at = performance.now() + milliseconds;
    // However fast changes come, it is not put off.
    if (at >= dueAt) return;
    dueAt = at;
    clearTimeout(next);
    next = setTimeout(() => {
      dueAt = Infinity;
      const begun = performance.now();
      // A hidden page needs nothing; a gateway that takes long to answer is asked less often.
      const refreshed = document.hidden ? Promise.resolve() : refresh(dispatch, within);
      void refreshed
        .catch(() => ended.abort(new TypeError('the gateway does not answer')))
        .then(() => {
          if (!within.aborted) refreshIn(Math.max(REFRESH_MS, (performance.now() - begun) * 10));
        });
    }, milliseconds);
  }
  const unwatch = watched.onMore(() => refreshIn(REFRESH_SOON_MS));
  try {
    for await (const { event, data } of readEvents(body)) {
      if (event === 'state') {
        dispatch({ type: 'state', state: JSON.parse(data) as State, at: Date.now() });
        onOpen();
        refreshIn(REFRESH_SOON_MS);
      }
      if (event === 'change') {
        dispatch({ type: 'event', event: JSON.parse(data) as Event });
        refreshIn(REFRESH_SOON_MS);
      }
    }
    throw new TypeError('the gateway has closed the connection');
  } finally {
    unwatch();
    clearTimeout(next);
    ended.abort();
  }
}

async function refresh(dispatch: (action: Action) => void, signal: AbortSignal): Promise<void> {
  const [status, { services }, instances] = await Promise.all([
    askJson<StatusView>('api/status', { signal }),
    askJson<{ services: ServiceView[] }>('api/services', { signal }),
    seen(signal),
  ]);
  dispatch({ type: 'refreshed', refreshed: { status, services, instances }, at: Date.now() });
}

/** Those on the screen: the table may have ten thousand. */
async function seen(signal: AbortSignal): Promise<readonly InstanceView[]> {
  const keys = watched.keys();
  if (keys.length === 0) return [];
  const query = keys.map((key) => `key=${encodeURIComponent(key)}`).join('&');
  const path = `api/instances?traffic=${HISTORY_S}&${query}`;
  return (await askJson<{ instances: InstanceView[] }>(path, { signal })).instances;
}

function whyOf(error: unknown): string {
  if (error instanceof Refused) return error.message;
  return navigator.onLine ? 'no answer' : 'this machine is offline';
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
