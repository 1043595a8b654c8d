import { createProgram } from './program.ts';

try {
  await createProgram().parseAsync();
} catch (error) {
  // Loaded when needed, as the commands are.
  const [{ exitCodeOf }, { reportFatal }] = await Promise.all([
    import('@rollcall/protocol'),
    import('./log.ts'),
  ]);
  reportFatal(error);
  process.exitCode = exitCodeOf(error);
}
