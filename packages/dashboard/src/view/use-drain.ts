import type { InstanceView, StatusView } from '@rollcall/gateway';
import { useState } from 'preact/hooks';
import { askJson, Refused, token } from '../api/client.ts';
import type { Action } from '../model/model.ts';

/** An instance that is to be drained or undrained, while something is missing for it. */
interface Pending {
  readonly instance: InstanceView;
  /** `no-token`: this gateway has none, so that nothing can be changed. */
  readonly needs: 'token' | 'no-token' | 'nothing';
  readonly fault?: string;
}

export interface Drain {
  /** The key of the one that is being asked for. */
  readonly busy: string | undefined;
  readonly pending: Pending | undefined;
  readonly ask: (instance: InstanceView) => void;
  readonly withToken: (typed: string) => void;
  readonly cancel: () => void;
}

/** Drains and undrains by the button, and sees to the token. */
export function useDrain(status: StatusView, dispatch: (action: Action) => void): Drain {
  const [busy, setBusy] = useState<string | undefined>();
  const [pending, setPending] = useState<Pending | undefined>();

  async function post(instance: InstanceView): Promise<void> {
    const act = instance.isDrained ? 'undrain' : 'drain';
    setBusy(instance.key);
    try {
      const path = `api/instances/${encodeURIComponent(instance.key)}/${act}`;
      dispatch({
        type: 'instance',
        instance: await askJson<InstanceView>(path, { method: 'POST' }),
      });
      setPending(undefined);
    } catch (error) {
      setPending(pendingAfter(error, instance));
    } finally {
      setBusy(undefined);
    }
  }
  return {
    busy,
    pending,
    ask: (instance) => {
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

function pendingAfter(error: unknown, instance: InstanceView): Pending {
  if (error instanceof Refused && error.status === 401) {
    token.forget();
    return { instance, needs: 'token', fault: 'The gateway does not take this token.' };
  }
  const fault = error instanceof Error ? error.message : String(error);
  return { instance, needs: 'nothing', fault };
}
