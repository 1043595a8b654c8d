import type { InstanceView } from '@rollcall/gateway';
import type { Tone } from './tone.ts';

export interface StateDescription {
  readonly tone: Tone;
  readonly label: string;
  /** What the state means for requests, as a tooltip. */
  readonly meaning: string;
}

const STATES: Readonly<Record<InstanceView['state'], StateDescription>> = {
  healthy: { tone: 'good', label: 'Healthy', meaning: 'It receives traffic.' },
  suspect: {
    tone: 'warning',
    label: 'Suspect',
    meaning: 'It receives no traffic while another instance is healthy.',
  },
  down: {
    tone: 'bad',
    label: 'Down',
    meaning: 'It does not respond, and receives no traffic.',
  },
  ejected: {
    tone: 'bad',
    label: 'Ejected',
    meaning: 'Its requests failed, so it receives none for a while.',
  },
  draining: {
    tone: 'paused',
    label: 'Draining',
    meaning:
      'It receives no new requests: it has announced that it will leave, or an operator drains it.',
  },
  drained: {
    tone: 'paused',
    label: 'Drained',
    meaning: 'An operator drained it at this gateway, and no request to it is in flight.',
  },
};

export function describeState({
  state,
  isRoutable,
  ejection,
}: Pick<InstanceView, 'state' | 'isRoutable' | 'ejection'>): StateDescription {
  if (state === 'ejected' && ejection !== undefined) {
    const { why, processes, of } = ejection;
    const by = of > 1 ? ` by ${processes} of ${of} processes` : '';
    return { ...STATES.ejected, meaning: `Ejected${by} after ${why}.` };
  }
  if (state !== 'suspect' || !isRoutable) return STATES[state];
  return { ...STATES.suspect, meaning: 'It receives traffic, because no instance is healthy.' };
}
