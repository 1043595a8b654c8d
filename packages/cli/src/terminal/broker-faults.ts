import type { Directory } from '@rollcall/client';
import { silentLogger } from '@rollcall/runtime';
import type { LogFields, Logger, LogMethod } from '@rollcall/runtime';

/** Prints, for a command that ends soon, which brokers of several it was not connected to, a line for each. */
export class BrokerFaults {
  readonly #printed: string[] = [];
  readonly #print: (line: string) => void;

  /** @param print prints a line. Default: to stderr */
  constructor(print: (line: string) => void = (line) => console.error(line)) {
    this.#print = print;
  }

  /** For `discover()`: prints its warnings, which say why. */
  get logger(): Logger {
    const warn: LogMethod = (
      ...given: [message: string] | [fields: LogFields, message: string]
    ): void => this.#warn(given.length === 1 ? given[0] : given[1]);
    return { ...silentLogger, warn };
  }

  /** To be called before the end: some brokers hang, so that there is no reason yet. */
  finish(directory: Pick<Directory, 'brokers'>): void {
    for (const { name, isConnected } of directory.brokers()) {
      if (isConnected || this.#printed.some((line) => line.includes(name))) continue;
      this.#warn(`not connected to the broker at ${name}: "rollcall doctor" shows why`);
    }
  }

  #warn(line: string): void {
    this.#printed.push(line);
    this.#print(line);
  }
}
