import type { RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { watched } from '../api/watched.ts';

/** Has the instance asked for while this element is on the screen. */
export function useWatched(key: string): RefObject<HTMLLIElement | null> {
  const element = useRef<HTMLLIElement>(null);
  useEffect(() => {
    const observer = new IntersectionObserver((entries) => {
      if (entries.at(-1)?.isIntersecting === true) watched.add(key);
      else watched.remove(key);
    });
    if (element.current !== null) observer.observe(element.current);
    return () => {
      observer.disconnect();
      watched.remove(key);
    };
  }, [key]);
  return element;
}
