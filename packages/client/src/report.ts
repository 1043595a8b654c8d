import { RollcallError } from '@rollcall/protocol';
import type { LogFields, Logger } from '@rollcall/runtime';

/** Reports an error that is retried: to the application's logger, or as a process warning. */
export function faultReporter(logger: Logger | undefined): (error: Error) => void {
  if (logger !== undefined) return (error) => logger.warn({ err: error }, error.message);
  return (error) => warn(error.message);
}

/**
 * Reports a start: each reason why it has not succeeded yet, once while it lasts, and then that it has. Without a
 * logger, a start that succeeds at once is not reported.
 *
 * @param undone how messages begin until the start has succeeded, such as `not registered yet`
 */
export class StartReport {
  readonly #logger: Logger | undefined;
  readonly #undone: string;
  #latest: string | undefined;

  constructor(logger: Logger | undefined, undone: string) {
    this.#logger = logger;
    this.#undone = undone;
  }

  failed(error: Error): void {
    if (error.message === this.#latest) return;
    this.#latest = error.message;
    const message = `${this.#undone}, retrying: ${error.message}`;
    const fault =
      error instanceof RollcallError ? new RollcallError(error.code, message) : new Error(message);
    faultReporter(this.#logger)(fault);
  }

  succeeded(fields: LogFields, message: string): void {
    if (this.#logger !== undefined) this.#logger.info(fields, message);
    else if (this.#latest !== undefined) warn(`${message}: ${Object.values(fields).join(' ')}`);
  }
}

function warn(message: string): void {
  process.emitWarning(message, { type: 'RollcallWarning' });
}
