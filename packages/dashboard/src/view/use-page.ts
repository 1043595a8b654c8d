import { useEffect, useState } from 'preact/hooks';

/** A page of the dashboard: all services, the audit log, or the explanation of one path. */
export type Page =
  | { readonly view: 'overview' }
  | { readonly view: 'audit' }
  | { readonly view: 'explain'; readonly path: string };

/** The page that the URL names, so that links and the Back button work. */
export function usePage(): Page {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const onChange = (): void => setHash(location.hash);
    addEventListener('hashchange', onChange);
    return () => removeEventListener('hashchange', onChange);
  }, []);
  return pageOf(hash);
}

export function hrefOf(page: Page): string {
  if (page.view === 'audit') return '#audit';
  return page.view === 'explain' ? `#explain=${encodeURIComponent(page.path)}` : '#';
}

function pageOf(hash: string): Page {
  if (hash === '#audit') return { view: 'audit' };
  const [, encoded] = /^#explain=(.*)$/.exec(hash) ?? [];
  if (encoded === undefined) return { view: 'overview' };
  try {
    return { view: 'explain', path: decodeURIComponent(encoded) };
  } catch {
    return { view: 'overview' };
  }
}
