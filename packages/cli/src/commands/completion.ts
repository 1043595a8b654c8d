import { Argument, Command } from 'commander';
import { outlineOf } from '../completion/outline.ts';
import { completionScript, SHELLS } from '../completion/scripts.ts';
import type { Shell } from '../completion/scripts.ts';

export function completionCommand(): Command {
  return new Command('completion')
    .description(
      'print a script that completes commands and options: source <(rollcall completion bash)',
    )
    .addArgument(new Argument('<shell>', 'shell to write it for').choices(SHELLS))
    .action(runCompletion);
}

/** `rollcall completion bash` */
function runCompletion(shell: Shell, _options: unknown, { parent }: Command): void {
  if (parent !== null) process.stdout.write(completionScript(shell, outlineOf(parent)));
}
