import { exitCodeOf } from '@rollcall/client';
import { reportFatal } from './log.ts';
import { createProgram } from './program.ts';

try {
  await createProgram().parseAsync();
} catch (error) {
  reportFatal(error);
  process.exitCode = exitCodeOf(error);
}
