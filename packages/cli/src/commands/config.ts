import { readFileSync } from 'node:fs';
import { Argument } from 'commander';
import type { Command } from 'commander';
import { BROKER_SETTINGS, faultsOfWhole as faultsOfBroker } from '@rollcall/broker';
import { faultsOfWhole as faultsOfGateway, GATEWAY_SETTINGS } from '@rollcall/gateway';
import { EXIT_CODES } from '@rollcall/protocol';
import { jsonSchema, readSettingsFile } from '@rollcall/runtime/settings';

/** The programs that have a file of settings. */
const PROGRAMS = {
  gateway: {
    settings: GATEWAY_SETTINGS,
    read: (file: string) => readSettingsFile(file, GATEWAY_SETTINGS, faultsOfGateway),
  },
  broker: {
    settings: BROKER_SETTINGS,
    read: (file: string) => readSettingsFile(file, BROKER_SETTINGS, faultsOfBroker),
  },
};

type Program = keyof typeof PROGRAMS;

export function defineConfig(command: Command): void {
  command
    .command('check')
    .description(
      'check a configuration file; print each fault with its line, and exit with 2 if there is one',
    )
    .argument('<file>', 'JSON file of settings')
    .addArgument(programArgument())
    .action(checkFile);
  command
    .command('schema')
    .description('print the JSON Schema of a configuration file, for editors')
    .addArgument(programArgument())
    .action(printSchema);
}

function programArgument(): Argument {
  return new Argument('[program]', 'the program that the file is for')
    .choices(Object.keys(PROGRAMS))
    .default('gateway');
}

/** `rollcall config check FILE [PROGRAM]` */
function checkFile(file: string, program: Program): void {
  const { faults } = PROGRAMS[program].read(file);
  for (const fault of faults) console.error(fault);
  if (faults.length === 0) {
    console.log(`${file}: valid`);
    return;
  }
  const other: Program = program === 'gateway' ? 'broker' : 'gateway';
  const keys = keysOf(file);
  if (knownKeys(keys, other) > knownKeys(keys, program))
    console.error(`did you mean: rollcall config check ${file} ${other}`);
  process.exitCode = EXIT_CODES.ROLLCALL_CONFIG;
}

/** The keys of a file at its top; none if it is not JSON. */
function keysOf(file: string): string[] {
  try {
    return Object.keys(JSON.parse(readFileSync(file, 'utf8')) as object);
  } catch {
    return [];
  }
}

function knownKeys(keys: readonly string[], program: Program): number {
  return keys.filter((key) => Object.hasOwn(PROGRAMS[program].settings, key)).length;
}

/** `rollcall config schema [PROGRAM]` */
function printSchema(program: Program): void {
  const schema = jsonSchema(PROGRAMS[program].settings, `Settings of rollcall ${program}`);
  console.log(JSON.stringify(schema, null, 2));
}
