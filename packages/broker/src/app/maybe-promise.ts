/** A value, or a promise of one. It saves a promise for each message where the value is available at once. */
export type MaybePromise<T> = T | Promise<T>;

/** Calls `handle` with a value, at once if it is available. Returns the result of `handle`. */
export function after<T, R>(
  value: MaybePromise<T>,
  handle: (value: T) => MaybePromise<R>,
): MaybePromise<R> {
  return value instanceof Promise ? value.then(handle) : handle(value);
}
