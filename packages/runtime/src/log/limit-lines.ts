import type { LogFields, LogMethod } from './logger.ts';

/** How many lines are logged in how many milliseconds. */
export interface LineLimit {
  readonly maxLines: number;
  readonly windowMs: number;
}

/** For lines that a client without credentials can cause. */
const FOR_STRANGERS: LineLimit = { maxLines: 20, windowMs: 10_000 };

/**
 * Limits lines that others can cause: up to 20 in ten seconds are logged, if no other limit is given, then one that says
 * how many more there were. Otherwise others could fill the disk.
 */
export function limitLines(
  log: LogMethod,
  { maxLines, windowMs }: LineLimit = FOR_STRANGERS,
): (fields: LogFields, message: string) => void {
  let lines = 0;
  let last = '';
  const endWindow = (): void => {
    const omitted = lines - maxLines;
    lines = 0;
    if (omitted > 0) log({ lines: omitted }, `${last}: further lines omitted`);
  };
  return (fields, message) => {
    if (lines === 0) setTimeout(endWindow, windowMs).unref();
    lines += 1;
    last = message;
    if (lines <= maxLines) log(fields, message);
  };
}
