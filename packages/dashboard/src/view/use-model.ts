import { useEffect, useReducer, useState } from 'preact/hooks';
import { follow } from '../api/live.ts';
import { EMPTY, reduce } from '../model/model.ts';
import type { Action, Model } from '../model/model.ts';

export interface Live {
  readonly model: Model;
  readonly dispatch: (action: Action) => void;
  /** Connects again, for example with another token. */
  readonly restart: () => void;
}

/** The gateway's live state while the page is open. */
export function useModel(): Live {
  const [model, dispatch] = useReducer(reduce, EMPTY);
  const [run, setRun] = useState(0);
  useEffect(() => {
    const ending = new AbortController();
    void follow(dispatch, ending.signal);
    return () => ending.abort();
  }, [run]);
  return { model, dispatch, restart: () => setRun((count) => count + 1) };
}
