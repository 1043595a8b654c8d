import { pino } from 'pino';
import { LineQueue } from './line-queue.ts';
import type { LineDestination } from './line-queue.ts';
import type { LogFields, Logger, LogLevel, LogMethod } from './logger.ts';
import { formatText } from './text.ts';
import type { LogRecord } from './text.ts';

export const LOG_FORMATS = ['text', 'json'] as const;

/** `text` for people, `json` for programs. */
export type LogFormat = (typeof LOG_FORMATS)[number];

export interface LoggerOptions {
  /** Default: `text` if the destination is a terminal, otherwise `json`. */
  readonly format?: LogFormat | undefined;
  /** Less severe lines are not written. Default: `info`. */
  readonly level?: LogLevel | undefined;
  /** Such as process.stdout. */
  readonly destination: LineDestination;
}

/** The log of a program. No call of it throws or waits, whatever its reader does. */
export interface ProgramLogger extends Logger {
  readonly format: LogFormat;
  /** Resolves when every line is written, or cannot be, or after that many milliseconds. */
  flush(withinMs: number): Promise<void>;
}

/** A log with one line for each event, each with its time and level. */
export function createLogger(options: LoggerOptions): ProgramLogger {
  const { destination, level = 'info' } = options;
  const format = options.format ?? (destination.isTTY === true ? 'text' : 'json');
  // `hasColors` knows NO_COLOR, FORCE_COLOR and TERM=dumb.
  const inColour = destination.isTTY === true && destination.hasColors?.() === true;
  const queue = new LineQueue(destination, (lines) =>
    logger.warn({ lines }, 'dropped log lines that were not read in time'),
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
    flush: (withinMs) => queue.flush(withinMs),
  };
  return logger;
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
