import { fromEnvironment, fromFlags, layered } from '../settings/sources.ts';
import type { LoggerOptions } from './create-logger.ts';
import { LOG_FORMATS, LOG_LEVELS } from './logger.ts';

/** How a program logs. */
export const LOG_SETTINGS = {
  format: {
    type: 'choice',
    words: LOG_FORMATS as typeof LOG_FORMATS,
    defaultIs: 'text at a terminal, otherwise json',
    flag: '--log <format>',
    env: 'ROLLCALL_LOG',
    doc: 'Format of the log: text for people, json for programs.',
  },
  level: {
    type: 'choice',
    words: LOG_LEVELS as typeof LOG_LEVELS,
    defaultIs: 'info',
    flag: '--log-level <level>',
    env: 'ROLLCALL_LOG_LEVEL',
    doc: 'Least severe lines that are logged.',
  },
} as const;

/** The flags `--log` and `--log-level`. */
export interface LogFlags {
  readonly log?: string;
  readonly logLevel?: string;
}

/**
 * Reads how to log: from flags, then from the variables `ROLLCALL_LOG` and `ROLLCALL_LOG_LEVEL`.
 * @throws RollcallError ROLLCALL_CONFIG
 */
export function readLogSettings(
  { log, logLevel }: LogFlags,
  env: Readonly<Record<string, string | undefined>>,
): Pick<LoggerOptions, 'format' | 'level'> {
  return layered(LOG_SETTINGS, [
    fromEnvironment(LOG_SETTINGS, env),
    fromFlags(LOG_SETTINGS, { log, logLevel }),
  ]);
}
