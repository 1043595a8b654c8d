import { useEffect, useState } from 'preact/hooks';

/** This browser's clock, read once a second: what is shown grows older without anything else happening. */
export function useNow(): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return now;
}
