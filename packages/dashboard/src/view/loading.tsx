import type { JSX } from 'preact';

/** The shape of what is to come; or that it does not, of which the banner says why. */
export function Loading({ isLost }: { readonly isLost: boolean }): JSX.Element {
  if (isLost) {
    return (
      <div class="notice">
        <h1>Nothing to show yet</h1>
        <p>This page fills itself as soon as the gateway answers.</p>
      </div>
    );
  }
  return (
    <div class="skeleton" role="status" aria-label="Asking the gateway">
      {[0, 1, 2].map((row) => (
        <div key={row} />
      ))}
    </div>
  );
}
