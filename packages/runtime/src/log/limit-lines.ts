import type { LogFields, LogMethod } from './logger.ts';

const WINDOW_MS = 10_000;
const MAX_LINES = 20;

/**
 * Limits lines that strangers can cause: up to 20 in ten seconds are logged, then one that says how many more there were.
 * Otherwise a client that needs no credentials could fill the disk.
 */
export function limitLines(log: LogMethod): (fields: LogFields, message: string) => void {
  let lines = 0;
  let last = '';
  const endWindow = (): void => {
    const omitted = lines - MAX_LINES;
    lines = 0;
    if (omitted > 0) log({ lines: omitted }, `${last}: further lines omitted`);
  };
  return (fields, message) => {
    if (lines === 0) setTimeout(endWindow, WINDOW_MS).unref();
    lines += 1;
    last = message;
    if (lines <= MAX_LINES) log(fields, message);
  };
}
