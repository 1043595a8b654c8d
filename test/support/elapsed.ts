/** Milliseconds until the promise resolves. */
export async function elapsed(event: Promise<unknown>): Promise<number> {
  const begun = performance.now();
  await event;
  return performance.now() - begun;
}
