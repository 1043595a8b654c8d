import type { ProblemCode } from '../problem.ts';
import type { Decision } from './engine.ts';

/**
 * The gateway answers itself.
 * @param prefix what the request would have been routed by, if that is known
 */
export function problem(code: ProblemCode, detail: string, prefix?: string): Decision {
  const answer = { type: 'answer', problem: { code, detail } } as const;
  return prefix === undefined ? answer : { ...answer, prefix };
}
