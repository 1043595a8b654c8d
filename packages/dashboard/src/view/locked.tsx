import type { JSX } from 'preact';
import { token } from '../api/client.ts';
import { GATEWAY } from '../model/program.ts';
import type { Program } from '../model/program.ts';
import { TokenForm } from './token-form.tsx';

interface LockedProps {
  /** That requires the token. Default: a gateway. */
  readonly program?: Program;
  readonly onToken: () => void;
  /** Why the token is not enough. Default: it is wrong, if there is one. */
  readonly reason?: string | undefined;
}

/** Shown when the token is required for reading, as it is off loopback. */
export function Locked({ program = GATEWAY, onToken, reason }: LockedProps): JSX.Element {
  const rejected = token.get() === null ? undefined : `The ${program.name} rejected this token.`;
  const error = reason ?? rejected;
  return (
    <div class="notice">
      <h1>This {program.name} requires an admin token</h1>
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
