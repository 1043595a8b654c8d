import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { hasFish, hasZsh } from '../../../../test/support/available.ts';
import { outlineOf } from '../../src/completion/outline.ts';
import { completionScript, SHELLS } from '../../src/completion/scripts.ts';
import type { Shell } from '../../src/completion/scripts.ts';
import { loadAll } from '../../src/lazy-command.ts';
import { createProgram } from '../../src/program.ts';

const folder = mkdtempSync(join(tmpdir(), 'rollcall-completion-'));
afterAll(() => rmSync(folder, { recursive: true }));
writeFileSync(join(folder, 'broker.json'), '{}');

const program = await loadAll(createProgram());
for (const shell of SHELLS) {
  writeFileSync(join(folder, shell), completionScript(shell, outlineOf(program)));
}

/** How each shell is asked, in a program of its own language, what it offers for $LINE. */
const ASK: Record<Shell, string[]> = {
  bash: [
    '-c',
    `source ./bash
     complete -p rollcall >/dev/null || exit 1
     read -ra COMP_WORDS <<<"$LINE"
     [[ $LINE == *' ' ]] && COMP_WORDS+=('')
     COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
     _rollcall
     printf '%s\\n' "\${COMPREPLY[@]}"`,
  ],
  fish: ['--no-config', '-c', 'source ./fish; complete -C $LINE'],
  // Only a shell at a terminal completes: it is given one, and a tab. What is typed before it has listed
  // what it offers keeps it from doing so, hence the word that is waited for.
  zsh: [
    '-f',
    '-c',
    `zmodload zsh/zpty
     zpty shell 'PS1="<prompt>" TERM=dumb zsh -f -i'
     zpty -w shell 'unsetopt zle_bracketed_paste; autoload -Uz compinit; compinit -u -D; setopt no_list_beep list_rows_first; LINES=200 LISTMAX=0; source ./zsh; print rea""dy'
     zpty -r -m shell text '*ready*'
     zpty -w -n shell "$LINE"$'\\t'
     zpty -r -m shell offered "*$LATE*"
     zpty -w shell $'\\x15print do""ne'
     zpty -r -m shell text '*done*' && print -r -- "$offered $text"
     zpty -d shell`,
  ],
};

/** @param late a word of what is offered that the line itself has not */
function offers(shell: Shell, line: string, late: string): string[] {
  const { stdout, stderr } = spawnSync(shell, ASK[shell], {
    cwd: folder,
    env: { PATH: process.env['PATH'], HOME: folder, LINE: line, LATE: late },
    encoding: 'utf8',
    timeout: 20_000,
  });
  if (stdout === '') throw new Error(`nothing offered: ${stderr}`);
  return stdout.split(/\s+/);
}

const here: Record<Shell, boolean> = { bash: true, zsh: hasZsh, fish: hasFish };

// Without them: apt install zsh fish
describe.each(SHELLS)('the script for %s', (shell) => {
  const test = it.runIf(here[shell]);

  test('completes every command of the program', () => {
    const offered = offers(shell, 'rollcall ', 'watch');
    for (const command of program.commands) expect(offered).toContain(command.name());
  });

  test('completes the options of a command, and no others', () => {
    const offered = offers(shell, 'rollcall gateway --', '--snapshot');
    expect(offered).toEqual(expect.arrayContaining(['--port', '--snapshot', '--allow', '--help']));
    expect(offered).not.toContain('--metrics-port');
  });

  test('completes the words that an option may be', () => {
    const offered = offers(shell, 'rollcall gateway --access-log ', 'stdout');
    expect(offered).toEqual(expect.arrayContaining(['off', 'stdout', 'stderr']));
    expect(offered).not.toContain('--port');
  });

  test('completes the commands of a command, and then files', () => {
    expect(offers(shell, 'rollcall config ', 'schema')).toEqual(
      expect.arrayContaining(['check', 'schema']),
    );
  });

  test('completes the words that an argument may be', () => {
    expect(offers(shell, 'rollcall completion ', 'fish')).toEqual(
      expect.arrayContaining([...SHELLS]),
    );
  });
});

describe('the outline', () => {
  it('has every command and option of the program', () => {
    const { commands } = outlineOf(program);
    for (const command of program.commands) {
      const outlined = commands.find(({ name }) => name === command.name());
      const flags = outlined?.options.flatMap((option) => option.flags);
      expect(flags, command.name()).toEqual(
        expect.arrayContaining(command.options.map(({ long }) => long)),
      );
    }
  });

  it('knows which options take a file, and which take no value', () => {
    const broker = outlineOf(program).commands.find(({ name }) => name === 'broker');
    const takes = (flag: string): string | undefined =>
      broker?.options.find(({ flags }) => flags.includes(flag))?.takes;
    expect(['--config', '--port', '--help'].map(takes)).toEqual(['file', 'value', 'nothing']);
  });
});
