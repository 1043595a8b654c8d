import { Option } from 'commander';
import type { Command } from 'commander';
import { helpOf, isTextual, leavesOf } from '@rollcall/runtime/settings';
import type { Settings } from '@rollcall/runtime/settings';

/** Adds an option for each setting of a table that has a flag. Its value is checked with all others, not here. */
export function addSettings(command: Command, settings: Settings): Command {
  for (const { setting } of leavesOf(settings)) {
    if (setting.flag === undefined || !isTextual(setting)) continue;
    const option = new Option(setting.flag, helpOf(setting));
    // For completion alone: commander itself does not check it.
    if (setting.type === 'choice') option.argChoices = [...setting.words];
    command.addOption(option);
  }
  return command;
}
