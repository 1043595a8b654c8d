import type { InstanceView, StatusView } from '@rollcall/gateway';
import { useState } from 'preact/hooks';
import { requestJson, RequestError, token } from '../api/client.ts';
import type { Action } from '../model/model.ts';

/** An instance to drain or undrain, while the dialog is open. */
interface PendingDrain {
  readonly instance: InstanceView;
  /** `no-token`: the gateway has no token, so it accepts no changes. `nothing`: the request failed. */
  readonly needs: 'token' | 'no-token' | 'nothing';
  readonly error?: string;
}

export interface DrainControl {
  /** The key of the instance whose request is in flight. */
  readonly busy: string | undefined;
  readonly pending: PendingDrain | undefined;
  readonly toggle: (instance: InstanceView) => void;
  readonly withToken: (typed: string) => void;
  readonly cancel: () => void;
}

/** Drains and undrains instances, and asks for the admin token when it is needed. */
export function useDrain(status: StatusView, dispatch: (action: Action) => void): DrainControl {
  const [busy, setBusy] = useState<string | undefined>();
  const [pending, setPending] = useState<PendingDrain | undefined>();

  async function post(instance: InstanceView): Promise<void> {
    const act = instance.isDrained ? 'undrain' : 'drain';
    setBusy(instance.key);
    try {
      const path = `api/instances/${encodeURIComponent(instance.key)}/${act}`;
      dispatch({
        type: 'instance',
        instance: await requestJson<InstanceView>(path, { method: 'POST' }),
      });
      setPending(undefined);
    } catch (error) {
      setPending(afterFailure(error, instance));
    } finally {
      setBusy(undefined);
    }
  }
  return {
    busy,
    pending,
    toggle: (instance) => {
      if (status.token === 'none') setPending({ instance, needs: 'no-token' });
      else if (token.get() === null) setPending({ instance, needs: 'token' });
      else void post(instance);
    },
    withToken: (typed) => {
      token.set(typed);
      if (pending !== undefined) void post(pending.instance);
    },
    cancel: () => setPending(undefined),
  };
}

function afterFailure(error: unknown, instance: InstanceView): PendingDrain {
  if (error instanceof RequestError && error.status === 401) {
    token.forget();
    return { instance, needs: 'token', error: 'The gateway rejected this token.' };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { instance, needs: 'nothing', error: message };
}
