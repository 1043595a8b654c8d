import { parsePrefix } from '@rollcall/protocol';
import type { VersionState } from '../rollout/version-state.ts';

/** What a person decides about a version. */
export interface VersionQuery {
  /** Canonical. */
  readonly prefix: string;
  /** An empty string for instances that announce none. */
  readonly version: string;
  readonly state: VersionState;
}

const DECISIONS: Readonly<Record<string, VersionState>> = {
  promote: 'accepted',
  hold: 'held',
  reset: 'testing',
};

/** Reads the query of a decision; returns what is wrong with it, if it is invalid. */
export function readVersionQuery(query: Readonly<Record<string, string>>): VersionQuery | string {
  const parsed = parsePrefix(query['prefix']);
  if (!parsed.ok) return parsed.refusal.reason;
  const decision = query['decision'] ?? '';
  const state = Object.hasOwn(DECISIONS, decision) ? DECISIONS[decision] : undefined;
  if (state === undefined) return 'The decision must be promote, hold or reset.';
  return { prefix: parsed.value, version: query['version'] ?? '', state };
}
