import { RollcallError } from '@rollcall/protocol';
import { LOG_FORMATS } from './create-logger.ts';
import type { LoggerOptions } from './create-logger.ts';
import { LOG_LEVELS } from './logger.ts';

/** The flags `--log` and `--log-level`. */
export interface LogFlags {
  readonly log?: string;
  readonly logLevel?: string;
}

/**
 * Reads how to log: from flags, `ROLLCALL_LOG` and `ROLLCALL_LOG_LEVEL`.
 * @throws RollcallError ROLLCALL_CONFIG
 */
export function readLogSettings(
  flags: LogFlags,
  env: Readonly<Record<string, string | undefined>>,
): Pick<LoggerOptions, 'format' | 'level'> {
  return {
    format:
      oneOf('--log', flags.log, LOG_FORMATS) ??
      oneOf('ROLLCALL_LOG', env['ROLLCALL_LOG'], LOG_FORMATS),
    level:
      oneOf('--log-level', flags.logLevel, LOG_LEVELS) ??
      oneOf('ROLLCALL_LOG_LEVEL', env['ROLLCALL_LOG_LEVEL'], LOG_LEVELS),
  };
}

function oneOf<T extends string>(
  name: string,
  value: string | undefined,
  choices: readonly T[],
): T | undefined {
  if (value === undefined || value === '') return undefined;
  const choice = choices.find((each) => each === value);
  if (choice !== undefined) return choice;
  throw new RollcallError(
    'ROLLCALL_CONFIG',
    `${name} is ${JSON.stringify(value)}; it must be ${choices.slice(0, -1).join(', ')} or ${choices.at(-1)}`,
  );
}
