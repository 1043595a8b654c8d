/** A value, or a promise of it. Code on the path of every message uses it so as to make no promise where none is needed. */
export type MaybePromise<T> = T | Promise<T>;

/** Calls `handle` with a value: at once if it is there, or else when it comes. */
export function after<T, R>(
  value: MaybePromise<T>,
  handle: (value: T) => MaybePromise<R>,
): MaybePromise<R> {
  return value instanceof Promise ? value.then(handle) : handle(value);
}
