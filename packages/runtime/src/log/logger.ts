/** Levels in ascending order of severity. */
export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;

export type LogLevel = (typeof LOG_LEVELS)[number];

export const LOG_FORMATS = ['text', 'json'] as const;

/** `text` for people, `json` for programs. */
export type LogFormat = (typeof LOG_FORMATS)[number];

/** What a line says besides its message, for programs that read the log. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Writes one line of the log; never throws. */
export interface LogMethod {
  (message: string): void;
  (fields: LogFields, message: string): void;
}

/** The part of pino's interface that Rollcall uses: a logger of pino is one. */
export type Logger = Readonly<Record<LogLevel, LogMethod>>;

const ignore: LogMethod = () => {};

/** Writes nothing: the default of the libraries. */
export const silentLogger: Logger = { debug: ignore, info: ignore, warn: ignore, error: ignore };
