import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { applyTheme, chosenTheme, THEMES } from './theme.ts';
import type { Theme } from './theme.ts';

const ICONS: Record<Theme, JSX.Element> = {
  system: (
    <>
      <circle cx="8" cy="8" r="5.5" fill="none" stroke="currentColor" stroke-width="1.4" />
      <path d="M8 2.5a5.5 5.5 0 0 1 0 11z" fill="currentColor" />
    </>
  ),
  light: (
    <>
      <circle cx="8" cy="8" r="3" fill="currentColor" />
      <path
        d="M8 1v1.6M8 13.4V15M1 8h1.6M13.4 8H15M3.1 3.1l1.1 1.1M11.8 11.8l1.1 1.1M3.1 12.9l1.1-1.1M11.8 4.2l1.1-1.1"
        stroke="currentColor"
        stroke-width="1.4"
        stroke-linecap="round"
      />
    </>
  ),
  dark: <path d="M13.2 10A5.8 5.8 0 0 1 6 2.8a5.8 5.8 0 1 0 7.2 7.2z" fill="currentColor" />,
};

/** Cycles through the system's colours, light and dark. */
export function ThemeSwitch(): JSX.Element {
  const [theme, setTheme] = useState(chosenTheme);
  function onClick(): void {
    const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? 'system';
    applyTheme(next);
    setTheme(next);
  }
  return (
    <button
      class="icon"
      type="button"
      onClick={onClick}
      aria-label={`Colours: ${theme}`}
      title={`Colours: ${theme}`}
    >
      <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
        {ICONS[theme]}
      </svg>
    </button>
  );
}
