import type { EventBatch } from '@rollcall/broker';
import { useEffect, useRef, useState } from 'preact/hooks';
import { request } from '../api/client.ts';
import { readEvents } from '../api/events.ts';
import { readJson } from '../api/read-json.ts';
import { withBatch } from './logged-events.ts';
import type { LogLine } from './logged-events.ts';

const RETRY_MS = 2000;

export interface Events {
  /** The newest first. */
  readonly lines: readonly LogLine[];
  /** Why no events come. */
  readonly error: string | undefined;
  readonly isOpen: boolean;
  readonly clear: () => void;
}

/**
 * The events of an app from now on. Those of another filter are dropped, because they may not be what it lets through.
 * @param path - of their stream, with the filter; undefined while paused
 */
export function useEvents(path: string | undefined): Events {
  const [lines, setLines] = useState<readonly LogLine[]>([]);
  const [error, setError] = useState<string | undefined>();
  const [isOpen, setOpen] = useState(false);
  const followed = useRef<string | undefined>(undefined);
  useEffect(() => {
    if (path === undefined) return;
    if (path !== followed.current) setLines([]);
    followed.current = path;
    const ending = new AbortController();
    const { signal } = ending;
    let timer: ReturnType<typeof setTimeout> | undefined;
    async function follow(from: string): Promise<void> {
      try {
        const { body } = await request(from, { signal });
        if (body === null) throw new TypeError('no body');
        setError(undefined);
        setOpen(true);
        for await (const { event, data } of readEvents(body)) {
          if (event !== 'events') continue;
          const batch = readJson(data) as EventBatch;
          setLines((was) => withBatch(was, batch));
        }
        throw new TypeError('the broker closed the stream');
      } catch (failure) {
        if (signal.aborted) return;
        setOpen(false);
        setError(failure instanceof Error ? failure.message : String(failure));
        timer = setTimeout(() => void follow(from), RETRY_MS);
      }
    }
    void follow(path);
    return () => {
      clearTimeout(timer);
      ending.abort();
      setOpen(false);
      setError(undefined);
    };
  }, [path]);
  return { lines, error, isOpen, clear: () => setLines([]) };
}
