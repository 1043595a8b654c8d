import type { Explanation } from '@rollcall/gateway';
import { useEffect, useState } from 'preact/hooks';
import { askJson } from '../api/client.ts';

const REFRESH_MS = 2000;

export interface Told {
  readonly explanation?: Explanation;
  readonly fault?: string;
}

/** What the gateway says of a path, asked again and again while it is looked at. */
export function useExplanation(path: string): Told {
  const [told, setTold] = useState<Told>({});
  useEffect(() => {
    const ending = new AbortController();
    const { signal } = ending;
    async function look(): Promise<void> {
      try {
        const query = `api/explain?path=${encodeURIComponent(path)}`;
        const explanation = await askJson<Explanation>(query, { signal });
        setTold({ explanation });
      } catch (error) {
        if (signal.aborted) return;
        const fault = error instanceof Error ? error.message : String(error);
        setTold((was) => ({ ...was, fault }));
      }
    }
    setTold({});
    void look();
    const timer = setInterval(() => void look(), REFRESH_MS);
    return () => {
      clearInterval(timer);
      ending.abort();
    };
  }, [path]);
  return told;
}
