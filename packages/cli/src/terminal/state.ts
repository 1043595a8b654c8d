import type { InstanceState } from '@rollcall/protocol';
import type { Span } from './line.ts';

const STYLES = {
  healthy: 'green',
  suspect: 'yellow',
  ejected: 'yellow',
  down: 'red',
  draining: 'cyan',
  drained: 'cyan',
} as const;

/** The state of an instance in its colour. */
export function stateSpan(state: InstanceState, text: string = state): Span {
  return { text, style: STYLES[state] };
}
