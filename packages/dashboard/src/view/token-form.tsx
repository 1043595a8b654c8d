import type { JSX } from 'preact';
import { useRef } from 'preact/hooks';

interface TokenFormProps {
  readonly fault?: string | undefined;
  readonly action: string;
  readonly onToken: (token: string) => void;
  readonly children?: JSX.Element;
}

/** Where the token is typed. It stays in this tab. */
export function TokenForm({ fault, action, onToken, children }: TokenFormProps): JSX.Element {
  const input = useRef<HTMLInputElement>(null);
  function onSubmit(event: Event): void {
    event.preventDefault();
    const typed = input.current?.value.trim() ?? '';
    if (typed !== '') onToken(typed);
  }
  return (
    <form class="token-form" onSubmit={onSubmit}>
      <label for="token">Admin token</label>
      <input
        ref={input}
        id="token"
        type="password"
        autocomplete="off"
        required
        aria-invalid={fault !== undefined}
        aria-describedby="token-hint"
      />
      <p id="token-hint" class={fault === undefined ? 'muted' : 'bad'}>
        {fault ??
          'As in ROLLCALL_ADMIN_TOKEN of this gateway. It is kept until this tab is closed.'}
      </p>
      <div class="buttons">
        {children}
        <button type="submit" class="primary">
          {action}
        </button>
      </div>
    </form>
  );
}
