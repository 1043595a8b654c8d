import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { placeOf } from '../model/place.ts';
import { TokenForm } from './token-form.tsx';
import type { Drain } from './use-drain.ts';

/** What stands between the button and the drain: the token, or why it cannot be. */
export function TokenDialog({ drain }: { readonly drain: Drain }): JSX.Element {
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
            {act} <span class="mono">{placeOf(pending.instance.announcement)}</span>
          </h2>
          {act === 'Drain' && (
            <p>
              This gateway sends it nothing new, until that is undone or the instance starts anew.
              What is in flight goes on. Other gateways are not told.
            </p>
          )}
          {pending.needs === 'token' && (
            <TokenForm fault={pending.fault} action={act} onToken={drain.withToken}>
              {cancel}
            </TokenForm>
          )}
          {pending.needs === 'no-token' && (
            <>
              <p class="bad">
                This gateway was started without an admin token, so that nothing can be changed.
              </p>
              <pre>
                <code>ROLLCALL_ADMIN_TOKEN=$(openssl rand -hex 32) npx rollcall gateway</code>
              </pre>
            </>
          )}
          {pending.needs === 'nothing' && <p class="bad">{pending.fault}</p>}
          {pending.needs !== 'token' && <div class="buttons">{cancel}</div>}
        </>
      )}
    </dialog>
  );
}
