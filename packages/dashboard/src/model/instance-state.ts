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
  draining: {
    tone: 'paused',
    label: 'Draining',
    meaning: 'It has announced that it will leave, and receives no new requests.',
  },
  drained: {
    tone: 'paused',
    label: 'Drained',
    meaning: 'An operator drained it at this gateway, so it receives no new requests.',
  },
};

export function describeState({
  state,
  isRoutable,
}: Pick<InstanceView, 'state' | 'isRoutable'>): StateDescription {
  if (state !== 'suspect' || !isRoutable) return STATES[state];
  return { ...STATES.suspect, meaning: 'It receives traffic, because no instance is healthy.' };
}
