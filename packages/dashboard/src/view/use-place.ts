import { useEffect, useState } from 'preact/hooks';

/** What the page is about: everything, or why one path is routed as it is. */
export type Place = { readonly view: 'overview' } | { readonly view: 'why'; readonly path: string };

/** The place that the address names, so that it can be sent to a colleague, and the Back button works. */
export function usePlace(): Place {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const onChange = (): void => setHash(location.hash);
    addEventListener('hashchange', onChange);
    return () => removeEventListener('hashchange', onChange);
  }, []);
  return placeOf(hash);
}

export function hrefOf(place: Place): string {
  return place.view === 'why' ? `#why=${encodeURIComponent(place.path)}` : '#';
}

function placeOf(hash: string): Place {
  const [, encoded] = /^#why=(.*)$/.exec(hash) ?? [];
  if (encoded === undefined) return { view: 'overview' };
  try {
    return { view: 'why', path: decodeURIComponent(encoded) };
  } catch {
    return { view: 'overview' };
  }
}
