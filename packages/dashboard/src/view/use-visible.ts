import type { RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { visibleInstances } from '../api/visible-instances.ts';

/** Marks an instance as visible while its element is on the screen. */
export function useVisible(key: string): RefObject<HTMLLIElement | null> {
  const element = useRef<HTMLLIElement>(null);
  useEffect(() => {
    const observer = new IntersectionObserver((entries) => {
      if (entries.at(-1)?.isIntersecting === true) visibleInstances.add(key);
      else visibleInstances.remove(key);
    });
    if (element.current !== null) observer.observe(element.current);
    return () => {
      observer.disconnect();
      visibleInstances.remove(key);
    };
  }, [key]);
  return element;
}
