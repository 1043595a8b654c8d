import type { Explanation } from '@rollcall/gateway';
import { usePolled } from './use-polled.ts';

export interface ExplanationState {
  readonly explanation?: Explanation;
  readonly error?: string;
}

/** The gateway's explanation of a path. */
export function useExplanation(path: string): ExplanationState {
  const { data, error } = usePolled<Explanation>(`api/explain?path=${encodeURIComponent(path)}`);
  return {
    ...(data !== undefined && { explanation: data }),
    ...(error !== undefined && { error: error.message }),
  };
}
