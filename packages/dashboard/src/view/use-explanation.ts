import type { Explanation } from '@rollcall/gateway';
import { useEffect, useState } from 'preact/hooks';
import { requestJson } from '../api/client.ts';

const REFRESH_MS = 2000;

export interface ExplanationState {
  readonly explanation?: Explanation;
  readonly error?: string;
}

/** The gateway's explanation of a path, fetched again every two seconds. */
export function useExplanation(path: string): ExplanationState {
  const [state, setState] = useState<ExplanationState>({});
  useEffect(() => {
    const ending = new AbortController();
    const { signal } = ending;
    async function load(): Promise<void> {
      try {
        const query = `api/explain?path=${encodeURIComponent(path)}`;
        const explanation = await requestJson<Explanation>(query, { signal });
        setState({ explanation });
      } catch (error) {
        if (signal.aborted) return;
        const message = error instanceof Error ? error.message : String(error);
        setState((was) => ({ ...was, error: message }));
      }
    }
    setState({});
    void load();
    const timer = setInterval(() => void load(), REFRESH_MS);
    return () => {
      clearInterval(timer);
      ending.abort();
    };
  }, [path]);
  return state;
}
