import type { Command } from 'commander';
import { shutdown } from '@rollcall/runtime';
import { createLogger, LOG_SETTINGS, readLogSettings, standardStream } from '@rollcall/runtime/log';
import { addSettings } from './setting-options.ts';
import type { LogFlags, ProgramLogger, StandardStream } from '@rollcall/runtime/log';

/** Adds the options of the log to a command that runs until it is stopped. */
export function withLogOptions(command: Command): Command {
  return addSettings(command, LOG_SETTINGS);
}

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
  shutdown.logTo(logger);
  return logger;
}
