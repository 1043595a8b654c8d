import type { Registration } from './register.ts';

/** SIGINT and SIGTERM leave the registry first, then close, then end the process. A second signal ends it at once. */
export function leaveOnSignal(registration: Registration, close: () => unknown): void {
  async function end(): Promise<void> {
    let code = 0;
    try {
      await registration.leave();
    } catch (error) {
      code = 1;
      console.error(`could not leave the registry: ${messageOf(error)}`);
    }
    try {
      await close();
    } catch (error) {
      code = 1;
      console.error(`could not close: ${messageOf(error)}`);
    }
    process.exit(code);
  }
  let ending = false;
  const onSignal = (): void => {
    if (ending) process.exit(1);
    ending = true;
    void end();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
