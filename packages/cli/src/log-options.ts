import type { Command } from 'commander';
import { LOG_SETTINGS } from '@rollcall/runtime/log';
import { addSettings } from './setting-options.ts';

/** Adds the options of the log to a command that runs until it is stopped. */
export function withLogOptions(command: Command): Command {
  return addSettings(command, LOG_SETTINGS);
}
