import type { JSX } from 'preact';
import { visibleText } from './visible-text.ts';

interface UntrustedProps {
  readonly text: string;
  readonly class?: string;
}

/** A text that a client or a publisher has chosen. Neither its length nor its characters affect what stands beside it. */
export function Untrusted({ text, class: name = '' }: UntrustedProps): JSX.Element {
  return <span class={`untrusted ${name}`}>{visibleText(text)}</span>;
}
