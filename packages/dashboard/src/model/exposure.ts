import type { Severity } from '@rollcall/gateway';
import type { Tone } from './tone.ts';

export const EXPOSURE_TONES: Readonly<Record<Severity, Tone>> = {
  high: 'bad',
  medium: 'warning',
  low: 'neutral',
};
