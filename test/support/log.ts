import { silentLogger } from '@rollcall/runtime';
import type { LogFields, Logger, LogMethod } from '@rollcall/runtime';

/** A logger that appends to a list, such as `reloaded certificate file=/cert.pem`. */
export function loggerTo(lines: string[]): Logger {
  const method: LogMethod = (
    ...given: [message: string] | [fields: LogFields, message: string]
  ) => {
    const [fields, message] = given.length === 1 ? [{}, given[0]] : given;
    const words = Object.entries(fields).map(([name, value]) => `${name}=${String(value)}`);
    lines.push([message, ...words].join(' '));
  };
  return { debug: method, info: method, warn: method, error: method };
}

/** A logger that keeps the errors of its warnings. */
export function loggerOfFaults(faults: unknown[]): Logger {
  const warn: LogMethod = (fields: LogFields | string) => {
    if (typeof fields === 'object') faults.push(fields['err']);
  };
  return { ...silentLogger, warn };
}
