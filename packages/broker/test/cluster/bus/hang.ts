import { readdirSync, readFileSync } from 'node:fs';
import { vi } from 'vitest';
import type { RunningProgram } from '../../../../../test/support/processes.ts';

/** Stops a program as if its machine were overloaded: the kernel still accepts connections and bytes for it. */
export async function hang(program: RunningProgram | undefined): Promise<void> {
  if (program === undefined) return;
  program.kill('SIGSTOP');
  const tasks = `/proc/${program.pid}/task`;
  // The signal takes effect a moment later.
  await vi.waitUntil(() =>
    readdirSync(tasks).every((task) =>
      /^State:\s+T/m.test(readFileSync(`${tasks}/${task}/status`, 'utf8')),
    ),
  );
}
