import type { Tone } from './tone.ts';

/** A verdict of the gateway in two parts: where a request goes, and a remark about it. */
export interface Verdict {
  readonly tone: Tone;
  readonly head: string;
  readonly rest: string;
}

export function parseVerdict(verdict: string): Verdict {
  const [, head = verdict, rest = ''] = /^([^:;]*)[:;] (.*)$/.exec(verdict) ?? [];
  const tone = verdict.startsWith('nowhere') ? 'bad' : rest === '' ? 'good' : 'warning';
  return { tone, head, rest };
}
