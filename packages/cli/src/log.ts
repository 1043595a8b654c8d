import { Option } from 'commander';
import type { Command } from 'commander';
import { shutdown } from '@rollcall/runtime';
import { createLogger, LOG_FORMATS, LOG_LEVELS, readLogSettings } from '@rollcall/runtime/log';
import type { LineDestination, LogFlags, ProgramLogger } from '@rollcall/runtime/log';

/** Adds the options of the log to a command that runs until it is stopped. */
export function withLogOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--log <format>',
        'text for people, json for programs (default: ROLLCALL_LOG, or text at a terminal and json elsewhere)',
      ).choices(LOG_FORMATS),
    )
    .addOption(
      new Option(
        '--log-level <level>',
        'leave out less severe lines (default: ROLLCALL_LOG_LEVEL or info)',
      ).choices(LOG_LEVELS),
    );
}

/**
 * The log of this process; lines that are still queued are written before a signal ends it.
 * @throws RollcallError ROLLCALL_CONFIG
 */
export function openLog(
  flags: LogFlags,
  destination: LineDestination = process.stdout,
): ProgramLogger {
  const logger = createLogger({ ...readLogSettings(flags, process.env), destination });
  shutdown.logTo(logger);
  return logger;
}
