import type { Instance, Status } from './entry.ts';

/** The state of an instance as people see it: its status, unless it is leaving or an operator drained it. */
export type InstanceState = Status | 'draining' | 'drained';

export function instanceState({
  status,
  announcement,
  isDrained = false,
}: Pick<Instance, 'status' | 'announcement' | 'isDrained'>): InstanceState {
  if (isDrained) return 'drained';
  return announcement.draining === true ? 'draining' : status;
}
