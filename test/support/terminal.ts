import type { Cluster } from './cluster.ts';
import { commandOf, Mark, PROGRAMS } from './processes.ts';

export interface InTerminal {
  /** Resolves when a line of the output matches. */
  line(pattern: RegExp): Promise<unknown>;
  /** Ctrl+C. */
  interrupt(): Promise<{ code: number | null }>;
  /** The whole output, with control sequences. */
  output(): string;
}

/** Starts `rollcall` in a pseudo-terminal, made by `script` of util-linux. */
export function startInTerminal(cluster: Cluster, args: string[]): InTerminal {
  const mark = new Mark();
  const command = `stty rows 20 cols 120; exec ${[process.execPath, PROGRAMS.cli, ...args].join(' ')}`;
  const env = { ...cluster.env, ...mark.env, TERM: 'xterm' };
  const script = cluster.programs.file('script', ['-qefc', command, '/dev/null'], env);
  return {
    line: (pattern) => script.line(pattern),
    interrupt() {
      for (const pid of mark.processes()) {
        if (commandOf(pid).startsWith(process.execPath)) process.kill(pid, 'SIGINT');
      }
      return script.ended;
    },
    output: () => script.output,
  };
}
