import { useEffect, useState } from 'preact/hooks';

/** This browser's clock, updated once a second, so that ages on the page count up. */
export function useNow(): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return now;
}
