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

/** Whether an instance has its turns, and if not, what keeps it from them. */
export function turnOf(instance: Explanation['instances'][number]): { tone: Tone; word: string } {
  const { status, isRoutable, isDrained } = instance;
  if (isRoutable) return { tone: status === 'healthy' ? 'good' : 'doubt', word: 'In turn' };
  if (isDrained) return { tone: 'held', word: 'Drained' };
  if (status === 'down') return { tone: 'bad', word: 'Down' };
  return { tone: status === 'healthy' ? 'held' : 'doubt', word: 'Not picked' };
}
