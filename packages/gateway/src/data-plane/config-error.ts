import { RollcallError } from '@rollcall/protocol';
import { ProxyError } from '@rollcall/proxy';

/** Runs `call`, and turns what the proxy says about a setting into an error of the configuration. */
export function asConfigError<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    if (!(error instanceof ProxyError)) throw error;
    throw new RollcallError('ROLLCALL_CONFIG', error.message, { cause: error });
  }
}
