import type { InstanceView, StatusView } from '@rollcall/gateway';
import { useState } from 'preact/hooks';
import { requestJson, RequestError, token } from '../api/client.ts';
import { missingScope } from '../model/admin-action.ts';
import type { AdminAction } from '../model/admin-action.ts';
import type { Action } from '../model/model.ts';

/** What is to be changed, while the dialog is open. */
interface PendingAction {
  readonly action: AdminAction;
  /**
   * `token`: none is known, or it is not enough. `no-token`: the gateway has no token, so it accepts no changes. `nothing`: the
   * request failed.
   */
  readonly needs: 'token' | 'no-token' | 'nothing';
  readonly error?: string;
}

export interface AdminActions {
  /** The path of the action whose request is in flight. */
  readonly busy: string | undefined;
  readonly pending: PendingAction | undefined;
  /** Why the token of this tab does not allow an action; undefined if it may. */
  readonly refusalOf: (action: AdminAction) => string | undefined;
  readonly start: (action: AdminAction) => void;
  readonly withToken: (typed: string) => void;
  readonly cancel: () => void;
}

/** Makes changes at the gateway, and asks for the admin token when it is needed. */
export function useAdminActions(
  status: StatusView,
  dispatch: (action: Action) => void,
): AdminActions {
  const [busy, setBusy] = useState<string | undefined>();
  const [pending, setPending] = useState<PendingAction | undefined>();

  async function post(action: AdminAction): Promise<void> {
    setBusy(action.path);
    try {
      const changed = await requestJson<object>(action.path, { method: 'POST' });
      // An event reports anything else.
      if (action.label === 'Drain' || action.label === 'Undrain')
        dispatch({ type: 'instance', instance: changed as InstanceView });
      setPending(undefined);
    } catch (error) {
      setPending(afterFailure(error, action));
    } finally {
      setBusy(undefined);
    }
  }
  const refusalOf = (action: AdminAction): string | undefined =>
    missingScope(status.caller, action);
  return {
    busy,
    pending,
    refusalOf,
    start: (action) => {
      const error = refusalOf(action);
      if (status.token === 'none') setPending({ action, needs: 'no-token' });
      else if (error !== undefined) setPending({ action, needs: 'token', error });
      else if (token.get() === null) setPending({ action, needs: 'token' });
      else void post(action);
    },
    withToken: (typed) => {
      token.set(typed);
      if (pending !== undefined) void post(pending.action);
    },
    cancel: () => setPending(undefined),
  };
}

function afterFailure(error: unknown, action: AdminAction): PendingAction {
  if (error instanceof RequestError && error.status === 401) {
    token.forget();
    return { action, needs: 'token', error: 'The gateway rejected this token.' };
  }
  if (error instanceof RequestError && error.status === 403)
    return { action, needs: 'token', error: error.message };
  const message = error instanceof Error ? error.message : String(error);
  return { action, needs: 'nothing', error: message };
}
