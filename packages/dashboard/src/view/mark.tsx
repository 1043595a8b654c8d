import type { JSX } from 'preact';
import type { Tone } from '../model/tone.ts';

/** A shape for each tone, because not everyone can distinguish colours. Text always stands beside it. */
const SHAPES: Record<Tone, JSX.Element> = {
  good: <circle cx="6" cy="6" r="4.5" fill="currentColor" />,
  warning: (
    <>
      <circle cx="6" cy="6" r="3.9" fill="none" stroke="currentColor" stroke-width="1.3" />
      <path d="M6 2.1a3.9 3.9 0 0 1 0 7.8z" fill="currentColor" />
    </>
  ),
  bad: (
    <path d="M2.5 2.5l7 7m0-7l-7 7" stroke="currentColor" stroke-width="2" stroke-linecap="round" />
  ),
  paused: (
    <path
      d="M3.8 2.2v7.6m4.4-7.6v7.6"
      stroke="currentColor"
      stroke-width="2.2"
      stroke-linecap="round"
    />
  ),
  neutral: <circle cx="6" cy="6" r="3.9" fill="none" stroke="currentColor" stroke-width="1.3" />,
};

export function Mark({ tone }: { readonly tone: Tone }): JSX.Element {
  return (
    <svg class={`mark ${tone}`} viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">
      {SHAPES[tone]}
    </svg>
  );
}
