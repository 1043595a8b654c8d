import { useEffect, useState } from 'preact/hooks';
import { requestJson } from '../api/client.ts';

const REFRESH_MS = 2000;

export interface Polled<T> {
  readonly data?: T;
  /** Why the last request failed. `data` is then what was received before. */
  readonly error?: Error;
}

/**
 * What a path of the admin API responds with, requested again while the page is visible.
 * @param run - another number requests it anew, for example with another token
 * @param refreshMs - the time between two requests. Default: two seconds
 */
export function usePolled<T>(path: string, run = 0, refreshMs = REFRESH_MS): Polled<T> {
  const [state, setState] = useState<Polled<T>>({});
  useEffect(() => {
    const ending = new AbortController();
    const { signal } = ending;
    let timer: ReturnType<typeof setTimeout> | undefined;
    async function load(): Promise<void> {
      const begun = performance.now();
      try {
        if (!document.hidden) setState({ data: await requestJson<T>(path, { signal }) });
      } catch (error) {
        if (signal.aborted) return;
        setState((was) => ({ ...was, error: error as Error }));
      }
      // A slow program is asked less often.
      const pause = Math.max(refreshMs, (performance.now() - begun) * 10);
      if (!signal.aborted) timer = setTimeout(() => void load(), pause);
    }
    setState({});
    void load();
    return () => {
      clearTimeout(timer);
      ending.abort();
    };
  }, [path, run, refreshMs]);
  return state;
}
