import type { JSX } from 'preact';
import { token } from '../api/client.ts';
import { GATEWAY } from '../model/program.ts';
import type { Program } from '../model/program.ts';
import { TokenForm } from './token-form.tsx';

interface LockedProps {
  /** That requires the token. Default: a gateway. */
  readonly program?: Program;
  readonly onToken: () => void;
}

/** Shown when the token is required for reading, as it is off loopback. */
export function Locked({ program = GATEWAY, onToken }: LockedProps): JSX.Element {
  const error = token.get() === null ? undefined : `The ${program.name} rejected this token.`;
  return (
    <div class="notice">
      <h1>This {program.name} requires its admin token</h1>
      <TokenForm
        program={program}
        error={error}
        action="Open"
        onToken={(typed) => {
          token.set(typed);
          onToken();
        }}
      />
    </div>
  );
}
