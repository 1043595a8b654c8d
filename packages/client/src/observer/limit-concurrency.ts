/**
 * Runs at most `max` tasks at a time. The others wait, in the order in which they came.
 * @param maxStarts how many may start in one turn of the event loop, because all else needs it too
 */
export function limitConcurrency(
  max: number,
  maxStarts: number = max,
): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let next = 0;
  let running = 0;
  let started = 0;

  function begin(): void {
    while (running < max && next < waiting.length && started < maxStarts) {
      if (started++ === 0) setImmediate(nextTurn);
      running++;
      waiting[next++]?.();
    }
    // Array.shift() would cost more the longer the queue is.
    if (next < waiting.length) return;
    waiting.length = 0;
    next = 0;
  }

  function nextTurn(): void {
    started = 0;
    begin();
  }

  return async (work) => {
    await new Promise<void>((resolve) => {
      waiting.push(resolve);
      begin();
    });
    try {
      return await work();
    } finally {
      running--;
      begin();
    }
  };
}
