import { useEffect, useState } from 'preact/hooks';

/** The parts of the page about an app. */
export const TABS = ['events', 'channels', 'connections'] as const;
export type Tab = (typeof TABS)[number];

export interface TabPlace {
  readonly tab: Tab;
  /** The app that the URL names. */
  readonly appId: string | undefined;
}

/** The part of the page, and the app, that the URL names, so that links and the Back button work. */
export function useTab(): TabPlace {
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const onChange = (): void => setHash(location.hash);
    addEventListener('hashchange', onChange);
    return () => removeEventListener('hashchange', onChange);
  }, []);
  const [, name, appId] = /^#(\w+)(?:=([\w-]+))?$/.exec(hash) ?? [];
  return { tab: TABS.find((each) => each === name) ?? 'events', appId };
}

export function hrefOf(tab: Tab, appId: string): string {
  return `#${tab}=${appId}`;
}
