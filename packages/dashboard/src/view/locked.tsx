import type { JSX } from 'preact';
import { token } from '../api/client.ts';
import { TokenForm } from './token-form.tsx';

/** Off loopback a gateway tells nobody anything who does not know its token. */
export function Locked({ onToken }: { readonly onToken: () => void }): JSX.Element {
  const fault = token.get() === null ? undefined : 'The gateway does not take this token.';
  return (
    <div class="notice">
      <h1>This gateway asks for its token</h1>
      <TokenForm
        fault={fault}
        action="Open"
        onToken={(typed) => {
          token.set(typed);
          onToken();
        }}
      />
    </div>
  );
}
