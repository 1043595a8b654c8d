import type { Happening } from '@rollcall/gateway';
import type { Tone } from './standing.ts';

interface Word {
  readonly word: string;
  readonly tone: Tone;
}

/** The words of the gateway's log. */
export const WORDS: Readonly<Record<Happening['what'], Word>> = {
  registered: { word: 'registered', tone: 'good' },
  updated: { word: 'updated', tone: 'quiet' },
  left: { word: 'left', tone: 'quiet' },
  suspected: { word: 'in doubt', tone: 'doubt' },
  down: { word: 'down', tone: 'bad' },
  recovered: { word: 'up again', tone: 'good' },
  forgotten: { word: 'forgotten', tone: 'quiet' },
  conflict: { word: 'conflict', tone: 'bad' },
  'mass-suspicion': { word: 'link in doubt', tone: 'doubt' },
  refused: { word: 'refused', tone: 'doubt' },
  connected: { word: 'connected', tone: 'good' },
  disconnected: { word: 'disconnected', tone: 'bad' },
  rejected: { word: 'broker refuses', tone: 'bad' },
  fault: { word: 'fault', tone: 'bad' },
};
