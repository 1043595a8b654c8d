import type { BrokerStatus } from '@rollcall/broker';
import type { JSX } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { requestJson } from '../api/client.ts';
import { BROKER } from '../model/program.ts';
import { Untrusted } from './untrusted.tsx';

interface SendEventProps {
  readonly appId: string;
  readonly status: BrokerStatus;
}

/** Publishes an event to a channel, as a server would. */
export function SendEvent({ appId, status }: SendEventProps): JSX.Element {
  return (
    <section aria-labelledby="send">
      <h2 id="send">Send an event</h2>
      {status.token === 'none' ? (
        <>
          <p class="muted">This broker was started without an admin token, so it sends none.</p>
          <pre>
            <code>{`${BROKER.tokenVariable}=$(openssl rand -hex 32) \\\n  npx rollcall broker --admin-port 6002`}</code>
          </pre>
        </>
      ) : status.caller.scopes.includes('publish') ? (
        <Form appId={appId} />
      ) : (
        <p class="muted">
          The token {status.caller.name} does not have the scope “publish”, so it sends none.
        </p>
      )}
    </section>
  );
}

function textsOf(fields: FormData): Record<'channel' | 'name' | 'data', string> {
  const text = (name: string): string => {
    const value = fields.get(name);
    return typeof value === 'string' ? value : '';
  };
  return { channel: text('channel'), name: text('name'), data: text('data') };
}

type Outcome = { readonly tone: 'good' | 'bad'; readonly text: string };

function Form({ appId }: { readonly appId: string }): JSX.Element {
  const form = useRef<HTMLFormElement>(null);
  const [outcome, setOutcome] = useState<Outcome | undefined>();
  const [isBusy, setBusy] = useState(false);
  async function send(): Promise<void> {
    if (form.current === null) return;
    const { channel, name, data } = textsOf(new FormData(form.current));
    setBusy(true);
    try {
      const body = JSON.stringify({ channel, name, data });
      await requestJson(`api/apps/${appId}/events`, { method: 'POST', body });
      setOutcome({ tone: 'good', text: `Sent to ${channel}.` });
    } catch (error) {
      setOutcome({ tone: 'bad', text: error instanceof Error ? error.message : String(error) });
    } finally {
      setBusy(false);
    }
  }
  return (
    <form
      ref={form}
      class="send"
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      <label>
        Channel
        <input name="channel" class="mono" required autocomplete="off" spellcheck={false} />
      </label>
      <label>
        Event
        <input name="name" class="mono" required autocomplete="off" spellcheck={false} />
      </label>
      <label>
        Data
        <textarea name="data" class="mono" rows={4} spellcheck={false}>
          {'{}'}
        </textarea>
      </label>
      <div class="buttons">
        <button type="submit" class="primary" aria-busy={isBusy}>
          Send
        </button>
      </div>
      <p role="status" class={outcome?.tone ?? ''}>
        <Untrusted text={outcome?.text ?? ''} />
      </p>
    </form>
  );
}
