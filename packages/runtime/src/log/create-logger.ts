import { pino } from 'pino';
import { LineQueue } from './line-queue.ts';
import type { LineDestination, LineQueueReports } from './line-queue.ts';
import type { LogFields, LogFormat, Logger, LogLevel, LogMethod } from './logger.ts';
import { isInColour } from './paint.ts';
import { formatText } from './text.ts';
import type { LogRecord } from './text.ts';

export interface LoggerOptions {
  /** Default: `text` if the destination is a terminal, otherwise `json`. */
  readonly format?: LogFormat | undefined;
  /** Less severe lines are not written. Default: `info`. */
  readonly level?: LogLevel | undefined;
  /** Such as `standardStream('stdout')`. */
  readonly destination: LineDestination;
  /** Where it says that lines cannot be written. Default: nowhere. */
  readonly fallback?: LineDestination | undefined;
}

/** The log of a program. No call of it throws, or waits for its reader. */
export interface ProgramLogger extends Logger {
  readonly format: LogFormat;
  /** Where its lines go, for lines that are not its own. */
  readonly queue: LineQueue;
  /** Resolves when every line is written, or cannot be, or after that many milliseconds. */
  flush(withinMs: number): Promise<void>;
}

/** A log with one line for each event, each with its time and level. */
export function createLogger(options: LoggerOptions): ProgramLogger {
  const { destination, fallback, level = 'info' } = options;
  const format = options.format ?? (destination.isTTY === true ? 'text' : 'json');
  const inColour = isInColour(destination);
  const queue = LineQueue.of(
    destination,
    lineReports(
      (fields, message) => logger.warn(fields, message),
      fallback && (() => createLogger({ format, level, destination: fallback })),
    ),
  );
  const write = (line: string): void => {
    if (format === 'json') queue.write(line);
    else queue.write(`${formatText(JSON.parse(line) as LogRecord, inColour)}\n`);
  };
  const json = pino(
    {
      level,
      // Neither process nor machine: the reader of the log knows these.
      base: null,
      formatters: { level: (label) => ({ level: label }) },
      timestamp: pino.stdTimeFunctions.isoTime,
    },
    { write },
  );
  const logger: ProgramLogger = {
    debug: method(json, 'debug'),
    info: method(json, 'info'),
    warn: method(json, 'warn'),
    error: method(json, 'error'),
    format,
    queue,
    flush: (withinMs) => queue.flush(withinMs),
  };
  return logger;
}

/**
 * Says what becomes of lines that are not read, or cannot be written.
 * @param warn writes to the same stream
 * @param openFallback returns the log of another stream, for what cannot be said in this one
 */
export function lineReports(
  warn: (fields: LogFields, message: string) => void,
  openFallback?: () => Logger,
): LineQueueReports {
  return {
    dropped: (lines) => warn({ lines }, 'dropped log lines that could not be written in time'),
    failed: (error) =>
      openFallback?.().warn(
        { reason: error instanceof Error && 'code' in error ? error.code : String(error) },
        'cannot write log lines: they are dropped until it is possible again',
      ),
  };
}

/** pino itself throws if a getter of a field does. */
function method(json: Logger, level: LogLevel): LogMethod {
  return (...given: [message: string] | [fields: LogFields, message: string]): void => {
    const [fields, message] = given.length === 1 ? [{}, given[0]] : given;
    try {
      json[level](fields, message);
    } catch (err) {
      json[level]({ err }, message);
    }
  };
}
