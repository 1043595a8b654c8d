import type { JSX } from 'preact';
import { GATEWAY } from '../model/program.ts';
import type { Program } from '../model/program.ts';

/** A placeholder until the first response; the banner shows why there is none. */
export function Loading({
  isLost,
  program = GATEWAY,
}: {
  readonly isLost: boolean;
  readonly program?: Program;
}): JSX.Element {
  if (isLost) {
    return (
      <div class="notice">
        <h1>Nothing to show yet</h1>
        <p>The page loads as soon as the {program.name} responds.</p>
      </div>
    );
  }
  return (
    <div class="skeleton" role="status" aria-label="Loading">
      {[0, 1, 2].map((row) => (
        <div key={row} />
      ))}
    </div>
  );
}
