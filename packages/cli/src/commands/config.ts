import { Argument } from 'commander';
import type { Command } from 'commander';
import { BROKER_SETTINGS } from '@rollcall/broker';
import { GATEWAY_SETTINGS } from '@rollcall/gateway';
import { EXIT_CODES } from '@rollcall/protocol';
import { jsonSchema, readSettingsFile } from '@rollcall/runtime/settings';

/** The programs that have a file of settings. */
const TABLES = { gateway: GATEWAY_SETTINGS, broker: BROKER_SETTINGS };

type Program = keyof typeof TABLES;

export function defineConfig(command: Command): void {
  command
    .command('check')
    .description('check a configuration file; print each fault with its line, and exit with 2')
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
    .choices(Object.keys(TABLES))
    .default('gateway');
}

/** `rollcall config check FILE [PROGRAM]` */
function checkFile(file: string, program: Program): void {
  const { faults } = readSettingsFile(file, TABLES[program]);
  for (const fault of faults) console.error(fault);
  if (faults.length > 0) process.exitCode = EXIT_CODES.ROLLCALL_CONFIG;
  else console.log(`${file}: valid`);
}

/** `rollcall config schema [PROGRAM]` */
function printSchema(program: Program): void {
  const schema = jsonSchema(TABLES[program], `Settings of rollcall ${program}`);
  console.log(JSON.stringify(schema, null, 2));
}
