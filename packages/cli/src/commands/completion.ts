import { Argument } from 'commander';
import type { Command } from 'commander';
import { outlineOf } from '../completion/outline.ts';
import { completionScript, SHELLS } from '../completion/scripts.ts';
import type { Shell } from '../completion/scripts.ts';
import { loadAll } from '../lazy-command.ts';

export function defineCompletion(command: Command): void {
  command
    .addArgument(new Argument('<shell>', 'shell to write it for').choices(SHELLS))
    .action(runCompletion);
}

/** `rollcall completion bash` */
async function runCompletion(shell: Shell, _options: unknown, { parent }: Command): Promise<void> {
  if (parent === null) return;
  const program = await loadAll(parent);
  process.stdout.write(completionScript(shell, outlineOf(program)));
}
