import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { hostPort } from '../model/host-port.ts';
import { TokenForm } from './token-form.tsx';
import type { DrainControl } from './use-drain.ts';

/** Asks for the token before an instance is drained, or shows why it cannot be. */
export function TokenDialog({ drain }: { readonly drain: DrainControl }): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const { pending } = drain;
  const isOpen = pending !== undefined;
  useEffect(() => {
    if (isOpen) dialog.current?.showModal();
    else dialog.current?.close();
  }, [isOpen]);
  const act = pending?.instance.isDrained === true ? 'Undrain' : 'Drain';
  const cancel = (
    <button type="button" onClick={drain.cancel}>
      {pending?.needs === 'token' ? 'Cancel' : 'Close'}
    </button>
  );
  return (
    <dialog ref={dialog} aria-labelledby="dialog-title" onCancel={drain.cancel}>
      {pending !== undefined && (
        <>
          <h2 id="dialog-title">
            {act} <span class="mono">{hostPort(pending.instance.announcement)}</span>
          </h2>
          {act === 'Drain' && (
            <p>
              This gateway sends it no new requests until it is undrained or restarts. Requests in
              flight continue. Other gateways are not affected.
            </p>
          )}
          {pending.needs === 'token' && (
            <TokenForm error={pending.error} action={act} onToken={drain.withToken}>
              {cancel}
            </TokenForm>
          )}
          {pending.needs === 'no-token' && (
            <>
              <p class="bad">
                This gateway was started without an admin token, so it accepts no changes.
              </p>
              <pre>
                <code>ROLLCALL_ADMIN_TOKEN=$(openssl rand -hex 32) npx rollcall gateway</code>
              </pre>
            </>
          )}
          {pending.needs === 'nothing' && <p class="bad">{pending.error}</p>}
          {pending.needs !== 'token' && <div class="buttons">{cancel}</div>}
        </>
      )}
    </dialog>
  );
}
