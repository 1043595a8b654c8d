import type { Explanation } from '@rollcall/gateway';
import type { Tone } from './standing.ts';

/** The gateway's sentence in two: where a request goes, and what is to be said of that. */
export interface Verdict {
  readonly tone: Tone;
  readonly head: string;
  readonly rest: string;
}

export function verdictOf(verdict: string): Verdict {
  const [, head = verdict, rest = ''] = /^([^:;]*)[:;] (.*)$/.exec(verdict) ?? [];
  const tone = verdict.startsWith('nowhere') ? 'bad' : rest === '' ? 'good' : 'doubt';
  return { tone, head, rest };
}

export function toneOf({ status, isRoutable }: Explanation['instances'][number]): Tone {
  if (status === 'down') return 'bad';
  if (status === 'suspect') return 'doubt';
  return isRoutable ? 'good' : 'held';
}
