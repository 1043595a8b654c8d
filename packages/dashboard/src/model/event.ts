import type { Event } from '@rollcall/gateway';
import type { Tone } from './standing.ts';

export const TONES: Readonly<Record<Event['type'], Tone>> = {
  registered: 'good',
  updated: 'quiet',
  left: 'quiet',
  suspected: 'doubt',
  down: 'bad',
  recovered: 'good',
  forgotten: 'quiet',
  conflict: 'bad',
  'mass-suspicion': 'doubt',
  refused: 'doubt',
  connected: 'good',
  disconnected: 'bad',
  rejected: 'bad',
  fault: 'bad',
};

/** The type of an event as text, such as `mass suspicion`. */
export function labelOf(type: Event['type']): string {
  return type.replace('-', ' ');
}
