export { clockTime } from './clock-time.ts';
export { createLogger, LOG_FORMATS } from './create-logger.ts';
export type { LogFormat, LoggerOptions, ProgramLogger } from './create-logger.ts';
export type { LineDestination } from './line-queue.ts';
export { LOG_LEVELS, silentLogger } from './logger.ts';
export type { LogFields, Logger, LogLevel, LogMethod } from './logger.ts';
export type { LogRecord } from './text.ts';
