import type { JSX } from 'preact';
import { useRef } from 'preact/hooks';
import { GATEWAY } from '../model/program.ts';
import type { Program } from '../model/program.ts';

interface TokenFormProps {
  /** That has the token. Default: a gateway. */
  readonly program?: Program;
  readonly error?: string | undefined;
  readonly action: string;
  readonly onToken: (token: string) => void;
  readonly children?: JSX.Element;
}

/** Asks for the admin token, which this tab keeps until it is closed. */
export function TokenForm({
  program = GATEWAY,
  error,
  action,
  onToken,
  children,
}: TokenFormProps): JSX.Element {
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
        aria-invalid={error !== undefined}
        aria-describedby="token-hint"
      />
      <p id="token-hint" class={error === undefined ? 'muted' : 'bad'}>
        {error ??
          `A token of this ${program.name}, such as ${program.tokenVariable}. This tab keeps it until it is closed.`}
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
