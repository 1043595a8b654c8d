import type { JSX } from 'preact';

/** Lets keyboard users skip the header. */
export function SkipLink(): JSX.Element {
  return (
    <a class="skip" href="#main" onClick={skip}>
      Skip to the content
    </a>
  );
}

/** Not by the link itself, because the URL names the page. */
function skip(event: Event): void {
  event.preventDefault();
  document.getElementById('main')?.focus();
}
