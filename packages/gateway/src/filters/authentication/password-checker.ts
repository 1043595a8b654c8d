import { hash, randomBytes } from 'node:crypto';
import { FairQueue } from './fair-queue.ts';
import { hashPassword, isPassword } from './password.ts';

/** What a client has sent, and the hashed passwords of the consumer that it names. */
export interface Credentials {
  readonly name: string;
  readonly password: string;
  /** None if there is no such consumer. */
  readonly hashes: readonly string[];
}

/** Each takes 16 MB and about 150 ms of a core. Node has four threads for them: one stays free for signatures and files. */
const MAX_CHECKS = 3;
const MAX_CHECKS_PER_ADDRESS = 2;
/** Of one address, about 2 s; of all, about 13 s. */
const MAX_WAITING_PER_ADDRESS = 32;
const MAX_WAITING = 256;
const MAX_WAIT_MS = 10_000;
const MAX_REMEMBERED = 1000;

/**
 * Checks passwords, for all routes of this process. Few are checked at a time, in turn for each address of clients, so that a
 * flood of wrong ones takes neither every core nor the turn of others. Right ones are remembered, by a hash that only this
 * process can make, until their consumer has other passwords.
 */
export class PasswordChecker {
  readonly #secret = randomBytes(32).toString('hex');
  /** The one that was used longest ago first. */
  readonly #right = new Set<string>();
  /** By address and credentials. */
  readonly #checking = new Map<string, Promise<boolean | undefined>>();
  readonly #queue: FairQueue;

  /** @param now monotonic milliseconds */
  constructor(now: () => number) {
    this.#queue = new FairQueue({
      maxRunning: MAX_CHECKS,
      maxRunningPerKey: MAX_CHECKS_PER_ADDRESS,
      maxWaitingPerKey: MAX_WAITING_PER_ADDRESS,
      maxWaiting: MAX_WAITING,
      maxWaitMs: MAX_WAIT_MS,
      now,
    });
  }

  /** Returns whether these were right before: then they need no check. */
  isRemembered(credentials: Credentials): boolean {
    const id = this.#idOf(credentials);
    if (!this.#right.delete(id)) return false;
    this.#right.add(id);
    return true;
  }

  /**
   * Checks credentials when it is the turn of an address. Resolves to whether they are right, or to undefined if they were
   * not checked: there was no room, or the address may not try any more.
   */
  check(
    address: string,
    credentials: Credentials,
    mayTry: () => boolean,
  ): Promise<boolean | undefined> {
    const id = this.#idOf(credentials);
    const key = `${address} ${id}`;
    const known = this.#checking.get(key);
    if (known !== undefined) return known;
    const check = async (): Promise<boolean | undefined> => {
      if (!mayTry()) return undefined;
      const isRight = await isRightPassword(credentials);
      if (isRight) this.#remember(id);
      return isRight;
    };
    const checking = this.#queue.run(address, check).finally(() => this.#checking.delete(key));
    this.#checking.set(key, checking);
    return checking;
  }

  /** Whether passwords of an address wait for their turn. */
  isWaiting(address: string): boolean {
    return this.#queue.isWaiting(address);
  }

  #remember(id: string): void {
    const [oldest = ''] = this.#right;
    if (this.#right.size >= MAX_REMEMBERED) this.#right.delete(oldest);
    this.#right.add(id);
  }

  #idOf({ name, password, hashes }: Credentials): string {
    return hash('sha256', `${this.#secret}${JSON.stringify([name, password, hashes])}`, 'base64');
  }
}

let decoy: Promise<string> | undefined;

/** Takes as long for a consumer that does not exist, so that names cannot be probed. */
async function isRightPassword({ password, hashes }: Credentials): Promise<boolean> {
  if (hashes.length === 0) {
    await isPassword(password, await (decoy ??= hashPassword('')));
    return false;
  }
  const results = await Promise.all(hashes.map((each) => isPassword(password, each)));
  return results.includes(true);
}
