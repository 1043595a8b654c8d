import type { Command } from 'commander';
import { outlineOf } from '../completion/outline.ts';
import { completionScript } from '../completion/scripts.ts';
import type { Shell } from '../completion/scripts.ts';

/** `rollcall completion bash` */
export function runCompletion(shell: Shell, program: Command): void {
  process.stdout.write(completionScript(shell, outlineOf(program)));
}
