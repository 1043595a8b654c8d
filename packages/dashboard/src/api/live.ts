import type { Event, InstanceView, ServiceView, State, StatusView } from '@rollcall/gateway';
import type { Action } from '../model/model.ts';
import { request, requestJson, RequestError } from './client.ts';
import { readEvents } from './events.ts';
import { readJson } from './read-json.ts';
import { visibleInstances } from './visible-instances.ts';

/** Evidence and traffic change without an event. */
const REFRESH_MS = 2000;
/** An event has one instance; which other instances receive traffic now has to be fetched. */
const REFRESH_SOON_MS = 200;
/** The length of the charts. */
const HISTORY_S = 300;
const RETRY_MS = [500, 1000, 2000, 5000];

/** Dispatches the gateway's state and everything that changes, until it is aborted. Reconnects by itself. */
export async function follow(
  dispatch: (action: Action) => void,
  signal: AbortSignal,
): Promise<void> {
  let failures = 0;
  while (!signal.aborted) {
    try {
      await followOnce(dispatch, signal, () => (failures = 0));
    } catch (error) {
      if (signal.aborted) return;
      if (error instanceof RequestError && error.status === 401) {
        dispatch({ type: 'locked' });
        return;
      }
      // The token is valid, and does not have the scope `read`.
      if (error instanceof RequestError && error.status === 403) {
        dispatch({ type: 'locked', reason: error.message });
        return;
      }
      dispatch({ type: 'lost', at: Date.now(), reason: reasonOf(error) });
      await pause(RETRY_MS[Math.min(failures++, RETRY_MS.length - 1)] ?? 0, signal);
    }
  }
}

/** Follows one stream of events and polls the rest, until the stream ends. */
async function followOnce(
  dispatch: (action: Action) => void,
  signal: AbortSignal,
  onOpen: () => void,
): Promise<void> {
  const ended = new AbortController();
  const within = AbortSignal.any([signal, ended.signal]);
  const { body } = await request('api/changes', { signal: within });
  if (body === null) throw new TypeError('no body');
  let next: ReturnType<typeof setTimeout> | undefined;
  let dueAt = Infinity;
  function refreshIn(milliseconds: number): void {
    const at = performance.now() + milliseconds;
    // Frequent events must not postpone it.
    if (at >= dueAt) return;
    dueAt = at;
    clearTimeout(next);
    next = setTimeout(() => {
      dueAt = Infinity;
      const begun = performance.now();
      // A hidden page needs no data; a slow gateway is polled less often.
      const refreshed = document.hidden ? Promise.resolve() : refresh(dispatch, within);
      void refreshed
        .catch(() => ended.abort(new TypeError('the gateway does not respond')))
        .then(() => {
          if (!within.aborted) refreshIn(Math.max(REFRESH_MS, (performance.now() - begun) * 10));
        });
    }, milliseconds);
  }
  const unwatch = visibleInstances.onMore(() => refreshIn(REFRESH_SOON_MS));
  try {
    for await (const { event, data } of readEvents(body)) {
      if (event === 'state') {
        dispatch({ type: 'state', state: readJson(data) as State, at: Date.now() });
        onOpen();
        refreshIn(REFRESH_SOON_MS);
      }
      if (event === 'change') {
        dispatch({ type: 'event', event: readJson(data) as Event });
        refreshIn(REFRESH_SOON_MS);
      }
    }
    throw new TypeError('the gateway closed the connection');
  } finally {
    unwatch();
    clearTimeout(next);
    ended.abort();
  }
}

async function refresh(dispatch: (action: Action) => void, signal: AbortSignal): Promise<void> {
  const [status, { services }, instances] = await Promise.all([
    requestJson<StatusView>('api/status', { signal }),
    requestJson<{ services: ServiceView[] }>('api/services', { signal }),
    visible(signal),
  ]);
  dispatch({ type: 'refreshed', refreshed: { status, services, instances }, at: Date.now() });
}

/** Fetches only the visible instances, because a table may have ten thousand. */
async function visible(signal: AbortSignal): Promise<readonly InstanceView[]> {
  const keys = visibleInstances.keys();
  if (keys.length === 0) return [];
  const query = keys.map((key) => `key=${encodeURIComponent(key)}`).join('&');
  const path = `api/instances?traffic=${HISTORY_S}&${query}`;
  return (await requestJson<{ instances: InstanceView[] }>(path, { signal })).instances;
}

function reasonOf(error: unknown): string {
  if (error instanceof RequestError) return error.message;
  return navigator.onLine ? 'no response' : 'this machine is offline';
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
