import { exitCodeOf, RollcallError } from '@rollcall/client';
import { createProgram } from './program.ts';

try {
  await createProgram().parseAsync();
} catch (error) {
  console.error(error instanceof RollcallError ? `rollcall: ${error.message}` : error);
  process.exitCode = exitCodeOf(error);
}
