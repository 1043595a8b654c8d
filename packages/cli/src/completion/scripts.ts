import type { Outline, OutlinedCommand, OutlinedOption } from './outline.ts';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/** The script that teaches a shell the program's commands and options. */
export function completionScript(shell: Shell, outline: Outline): string {
  return { bash, zsh, fish }[shell](outline);
}

/** Also for the bash 3.2 of macOS, which has neither mapfile nor compopt. */
function bash({ name, options, commands }: Outline): string {
  const first = [...commands.map((command) => command.name), ...flagsOf(options)];
  return `# Completion of ${name} in bash. To load it: source <(${name} completion bash)
_${name}() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} words=''
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then
    words='${first.join(' ')}'
  else
    case "\${COMP_WORDS[1]} $before" in
${takers(commands, 'file', 'return ;;')}
${choosers(commands)}
${takers(commands, 'value', 'compopt +o default 2>/dev/null; return ;;')}
    esac
    case \${COMP_WORDS[1]} in
${commands.map((command) => `      ${command.name}) words='${[...command.choices, ...flagsOf(command.options)].join(' ')}' ;;`).join('\n')}
    esac
  fi
  COMPREPLY=($(compgen -W "$words" -- "$word"))
}
# Everything else is completed as a file.
complete -o default -F _${name} ${name}
`;
}

/** One arm of a case for all options of all commands that take such a value. */
function takers(
  commands: readonly OutlinedCommand[],
  kind: OutlinedOption['takes'],
  act: string,
): string {
  const patterns = commands.flatMap((command) =>
    flagsOf(command.options.filter(({ takes }) => takes === kind)).map(
      (flag) => `'${command.name} ${flag}'`,
    ),
  );
  return `      ${patterns.join(' | ')}) ${act}`;
}

/** One arm for each option whose value is one of some words. */
function choosers(commands: readonly OutlinedCommand[]): string {
  const arms = commands.flatMap((command) =>
    command.options
      .filter(({ choices }) => choices.length > 0)
      .flatMap(({ flags, choices }) =>
        flags.map(
          (flag) =>
            `      '${command.name} ${flag}') COMPREPLY=($(compgen -W '${choices.join(' ')}' -- "$word")); return ;;`,
        ),
      ),
  );
  return arms.join('\n');
}

function zsh({ name, options, commands }: Outline): string {
  return `#compdef ${name}
# Completion of ${name} in zsh. To load it: source <(${name} completion zsh)
_${name}() {
  local -a commands=(
${commands.map((command) => `    ${quoted(`${command.name}:${command.description}`)}`).join('\n')}
  )
  if ((CURRENT == 2)); then
    _describe command commands
    _arguments ${options.flatMap(zshOption).join(' ')}
    return
  fi
  local command=$words[2]
  shift words
  ((CURRENT--))
  case $command in
${commands.map((command) => `    ${command.name})\n      _arguments \\\n        ${zshSpecs(command).join(' \\\n        ')}\n      ;;`).join('\n')}
  esac
}
# As a file in $fpath it is called itself.
if [[ $funcstack[1] == _${name} ]]; then _${name} "$@"; else compdef _${name} ${name}; fi
`;
}

function zshSpecs({ options, choices, takesFile, runsCommand }: OutlinedCommand): string[] {
  return [
    ...options.flatMap(zshOption),
    ...(choices.length > 0 ? [quoted(`1:word:(${choices.join(' ')})`)] : []),
    ...(takesFile ? [quoted('*:file:_files')] : []),
    ...(runsCommand ? [quoted('*::command:_normal')] : []),
  ];
}

function zshOption({ flags, description, takes, choices }: OutlinedOption): string[] {
  const words = choices.length > 0 ? `(${choices.join(' ')})` : '';
  const value = { nothing: '', file: ':file:_files', value: `:value:${words}` }[takes];
  const text = description.replace(/[[\]:]/g, '\\$&');
  return flags.map((flag) => quoted(`${flag}[${text}]${value}`));
}

function fish({ name, options, commands }: Outline): string {
  const lines = [
    `complete -c ${name} -f`,
    ...options.map((option) => fishOption(name, '__fish_use_subcommand', option)),
  ];
  for (const command of commands) {
    const within = quoted(`__fish_seen_subcommand_from ${command.name}`);
    const text = quoted(command.description);
    lines.push(`complete -c ${name} -n __fish_use_subcommand -a ${command.name} -d ${text}`);
    lines.push(...command.options.map((option) => fishOption(name, within, option)));
    if (command.choices.length > 0)
      lines.push(`complete -c ${name} -n ${within} -a ${quoted(command.choices.join(' '))}`);
    if (command.runsCommand || command.takesFile) lines.push(`complete -c ${name} -n ${within} -F`);
  }
  return `# Completion of ${name} in fish. To load it: ${name} completion fish | source
${lines.join('\n')}
`;
}

function fishOption(
  name: string,
  when: string,
  { flags, description, takes, choices }: OutlinedOption,
): string {
  const names = flags.map((flag) =>
    flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`,
  );
  const words = choices.length > 0 ? ` -a ${quoted(choices.join(' '))}` : '';
  const value = { nothing: '', file: ' -r -F', value: ` -x${words}` }[takes];
  return `complete -c ${name} -n ${when} ${names.join(' ')}${value} -d ${quoted(description)}`;
}

function flagsOf(options: readonly OutlinedOption[]): string[] {
  return options.flatMap(({ flags }) => flags);
}

/** In single quotes, as all three shells read it; fish takes no '\\''. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", '’')}'`;
}
