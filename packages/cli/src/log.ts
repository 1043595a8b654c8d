import { RollcallError } from '@rollcall/protocol';
import { shutdown } from '@rollcall/runtime';
import { createLogger, readLogSettings, standardStream } from '@rollcall/runtime/log';
import type { LogFlags, ProgramLogger, StandardStream } from '@rollcall/runtime/log';

/** The part of a log that a process needs when it ends. */
type FinalLog = Pick<ProgramLogger, 'error' | 'flush' | 'format'>;

let opened: FinalLog | undefined;

/**
 * The log of this process; lines that are still queued are written before a signal ends it.
 * @throws RollcallError ROLLCALL_CONFIG
 */
export function openLog(flags: LogFlags, to: StandardStream = 'stdout'): ProgramLogger {
  const logger = createLogger({
    ...readLogSettings(flags, process.env),
    destination: standardStream(to),
    fallback: to === 'stdout' ? standardStream('stderr') : undefined,
  });
  useLog(logger);
  return logger;
}

/** Has this process report what ends it to a log. */
export function useLog(log: FinalLog): void {
  shutdown.logTo(log);
  opened = log;
}

/** Reports the error that ends this process: for programs that read the log as one of its lines, for people as text. */
export function reportFatal(error: unknown): void {
  const isExpected = error instanceof RollcallError;
  if (opened?.format !== 'json') console.error(isExpected ? `rollcall: ${error.message}` : error);
  else if (isExpected) opened.error({ code: error.code }, error.message);
  else opened.error({ err: error }, 'unexpected error');
}
