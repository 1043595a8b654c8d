import { clientNetwork } from '@rollcall/proxy';
import type { FilterProblem, FilterRequest } from '@rollcall/proxy';
import type { LocalLimits } from '../limits/local-limits.ts';
import { parseRate } from '../limits/rate.ts';
import { loginLimited } from './refusals.ts';

/** 30 at once, and then one every two seconds: more than people who mistype, less than programs that guess. */
const RATE = parseRate('30/m');

export interface FailedLoginsOptions {
  /** Counts them, for all workers of the gateway. */
  readonly limits: Pick<LocalLimits, 'take' | 'look'>;
  /** Whether requests are only explained: nothing is counted. */
  readonly isDry: boolean;
}

/**
 * Failed logins by the address of the client, for all routes and filters together. What is cheap to check is always checked,
 * so that a client with an old key does not lock others out that share its address. Beyond the limit, a wrong key gets 429
 * in place of 401, and a password is not even checked.
 */
export class FailedLogins {
  readonly #options: FailedLoginsOptions;

  constructor(options: FailedLoginsOptions) {
    this.#options = options;
  }

  /** Returns what refuses a client whose address has failed too often; undefined if it may try. */
  refusalOf(request: FilterRequest): FilterProblem | undefined {
    const { isAllowed, retryMs } = this.#options.limits.look(keyOf(request), RATE);
    return isAllowed ? undefined : loginLimited(retryMs);
  }

  /** Counts a failed login. Returns what the client gets. @param refusal within the limit */
  failed(request: FilterRequest, refusal: FilterProblem): FilterProblem {
    const { limits, isDry } = this.#options;
    if (isDry) return refusal;
    const { isAllowed, retryMs } = limits.take(keyOf(request), RATE);
    return isAllowed ? refusal : loginLimited(retryMs);
  }
}

function keyOf({ clientAddress }: FilterRequest): string {
  return `failed logins ${clientNetwork(clientAddress)}`;
}
