export { listen, listenError } from './listening.ts';
export type { Endpoint } from './listening.ts';
export { silentLogger } from './log/logger.ts';
export type { LogFields, Logger, LogLevel, LogMethod } from './log/logger.ts';
