/** Runs at most `max` tasks at a time. The others wait, in the order in which they came. */
export function limitConcurrency(max: number): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let next = 0;
  let running = 0;

  function begin(): void {
    while (running < max && next < waiting.length) {
      running++;
      waiting[next++]?.();
    }
    // Array.shift() would cost more the longer the queue is.
    if (next < waiting.length) return;
    waiting.length = 0;
    next = 0;
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
