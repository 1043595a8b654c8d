import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { TokenForm } from './token-form.tsx';
import type { AdminActions } from './use-admin-actions.ts';

/** Asks for the token before something is changed, or shows why it cannot be. */
export function TokenDialog({ actions }: { readonly actions: AdminActions }): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const { pending, cancel, withToken } = actions;
  const isOpen = pending !== undefined;
  useEffect(() => {
    if (isOpen) dialog.current?.showModal();
    else dialog.current?.close();
  }, [isOpen]);
  const cancelButton = (
    <button type="button" onClick={cancel}>
      {pending?.needs === 'token' ? 'Cancel' : 'Close'}
    </button>
  );
  return (
    <dialog ref={dialog} aria-labelledby="dialog-title" onCancel={cancel}>
      {pending !== undefined && (
        <>
          <h2 id="dialog-title">
            {pending.action.label} <span class="mono">{pending.action.target}</span>
          </h2>
          {pending.action.effect !== '' && <p>{pending.action.effect}</p>}
          {pending.needs === 'token' && (
            <TokenForm error={pending.error} action={pending.action.label} onToken={withToken}>
              {cancelButton}
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
          {pending.needs !== 'token' && <div class="buttons">{cancelButton}</div>}
        </>
      )}
    </dialog>
  );
}
