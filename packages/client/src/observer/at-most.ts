/** Begins at most so many pieces of work at a time; the others wait, in the order they came. */
export function atMost(most: number): <T>(work: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let next = 0;
  let running = 0;

  function begin(): void {
    while (running < most && next < waiting.length) {
      running++;
      waiting[next++]?.();
    }
    // Array.shift() costs the more the longer the line is.
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
