import type { Event } from '@rollcall/gateway';
import type { Tone } from './tone.ts';

export const EVENT_TONES: Readonly<Record<Event['type'], Tone>> = {
  registered: 'good',
  updated: 'neutral',
  left: 'neutral',
  suspected: 'warning',
  down: 'bad',
  recovered: 'good',
  forgotten: 'neutral',
  ejected: 'bad',
  returned: 'good',
  drained: 'neutral',
  'version-testing': 'neutral',
  'version-grown': 'good',
  'version-accepted': 'good',
  'version-held': 'bad',
  conflict: 'bad',
  'mass-suspicion': 'warning',
  'prefix-forgotten': 'neutral',
  refused: 'warning',
  unproven: 'warning',
  connected: 'good',
  disconnected: 'warning',
  rejected: 'bad',
  fault: 'bad',
};

/** The type of an event as text, such as `mass suspicion`. */
export function eventLabel(type: Event['type']): string {
  return type.replace('-', ' ');
}
