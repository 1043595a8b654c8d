import type { JSX } from 'preact';
import { token } from '../api/client.ts';
import { TokenForm } from './token-form.tsx';

/** Shown when the gateway requires the token for reading, as it does off loopback. */
export function Locked({ onToken }: { readonly onToken: () => void }): JSX.Element {
  const error = token.get() === null ? undefined : 'The gateway rejected this token.';
  return (
    <div class="notice">
      <h1>This gateway requires its admin token</h1>
      <TokenForm
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
