import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { hrefOf } from './use-page.ts';

/** Opens the explanation of a path. The key `/` focuses it from anywhere on the page. */
export function PathForm({ path }: { readonly path: string }): JSX.Element {
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    function onKey(event: KeyboardEvent): void {
      const isTyping = event.target instanceof HTMLInputElement;
      if (event.key !== '/' || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      input.current?.select();
      input.current?.focus();
    }
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
  function onSubmit(event: Event): void {
    event.preventDefault();
    const typed = input.current?.value.trim() ?? '';
    if (typed !== '')
      location.hash = hrefOf({
        view: 'explain',
        path: typed.startsWith('/') ? typed : `/${typed}`,
      });
  }
  return (
    <form class="path-form" role="search" onSubmit={onSubmit}>
      <label for="path">Path</label>
      <input
        ref={input}
        id="path"
        class="mono"
        type="text"
        defaultValue={path}
        key={path}
        placeholder="/v1/generate"
        autocomplete="off"
        autocapitalize="off"
        spellcheck={false}
        aria-label="Path of a request"
        aria-keyshortcuts="/"
        enterkeyhint="go"
      />
      <button type="submit">Explain</button>
    </form>
  );
}
