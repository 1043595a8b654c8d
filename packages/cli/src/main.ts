import { createProgram } from './program.ts';

/** As of other unexpected errors. */
const EXIT_UNEXPECTED = 1;

try {
  await createProgram().parseAsync();
} catch (error) {
  if (lacksDescriptors(error)) {
    console.error('rollcall: too few files may be open (EMFILE): raise ulimit -n to 256 or more');
    process.exitCode = EXIT_UNEXPECTED;
  } else {
    // Loaded when needed, as the commands are.
    const [{ exitCodeOf }, { reportFatal }] = await Promise.all([
      import('@rollcall/protocol'),
      import('./log.ts'),
    ]);
    reportFatal(error);
    process.exitCode = exitCodeOf(error);
  }
}

/** Node opens all files of a command at once. Then what reports other errors could not be loaded either. */
function lacksDescriptors(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EMFILE';
}
