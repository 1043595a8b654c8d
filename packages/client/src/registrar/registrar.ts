import { setTimeout as delay } from 'node:timers/promises';
import { encodeAnnouncement, Owner, RollcallError } from '@rollcall/protocol';
import type { AnnouncementChange, EventName, Owned } from '@rollcall/protocol';
import type { LeaveOutcome, Logger } from '@rollcall/runtime';
import { faultReporter, StartReport } from '../report.ts';
import { createPublisher } from '../transport/publisher.ts';
import type { Publisher } from '../transport/publisher.ts';
import { unreachable } from '../transport/reach.ts';
import type { RegistryConfig } from '../transport/registry-config.ts';
import { checkPresenceSize, mistake, owned } from './check-announcement.ts';
import { LEAVE_WINDOW_MS } from './drain.ts';
import { MAX_RETRY_MS, RETRY_MS } from './keep-alive.ts';
import type { KeepAlive } from './keep-alive.ts';
import { leaseMode } from './lease-mode.ts';
import { leaveOnSignal } from './leave-on-signal.ts';
import { addressTowards } from './own-address.ts';
import { presenceMode } from './presence-mode.ts';
import type { Registration } from './registration.ts';

export interface RegistrarOptions {
  readonly registry: RegistryConfig;
  readonly mode: 'presence' | 'lease';
  readonly announcement: Owned;
  /** Otherwise the announcement's address is a guess, until the way to the broker is known. */
  readonly isAddressChosen: boolean;
  readonly requireBroker: boolean;
  readonly onSignal: ((outcome: LeaveOutcome) => unknown) | undefined;
  readonly logger: Logger | undefined;
}

/** Announces one instance until it leaves. */
export class Registrar implements Registration {
  readonly registered: Promise<void>;
  /** Settles as `register()` does. */
  readonly attempted: Promise<void>;
  readonly leave: () => Promise<void>;
  readonly #options: RegistrarOptions;
  readonly #publisher: Publisher;
  readonly #start: StartReport;
  readonly #registered = withResolvers();
  readonly #attempted = withResolvers();
  readonly #leaving = new AbortController();
  readonly #forget: (() => void) | undefined;
  #owner: Owner;
  #keepAlive: KeepAlive | undefined;
  /** The latest message, while it is on its way and afterwards. */
  #latest: Promise<void> | undefined;
  #isRegistered = false;

  constructor(options: RegistrarOptions) {
    const { registry, announcement, onSignal, logger } = options;
    this.#options = options;
    this.#publisher = createPublisher(registry);
    this.#start = new StartReport(logger, 'not registered yet');
    this.#owner = new Owner(announcement);
    this.registered = this.#registered.promise;
    this.attempted = this.#attempted.promise;
    this.leave = onceUnlessFailed(() => this.#leave());
    // Before it is registered, because a signal that comes in the meantime has to be followed by an exit, too.
    this.#forget = onSignal && leaveOnSignal({ leave: this.leave, close: onSignal });
  }

  get announcement(): Owned {
    return this.#owner.announcement;
  }

  /** Announces the instance, and continues until the broker has accepted it. */
  async begin(): Promise<void> {
    const { registry, mode, isAddressChosen } = this.#options;
    if (!isAddressChosen) await this.#chooseAddress();
    if (this.#leaving.signal.aborted) return;
    const context = {
      registry,
      owner: this.#owner,
      announce: () => this.#publish('register'),
      onAccepted: () => this.#accepted(),
      onFault: (error: Error) => this.#fault(error),
    };
    this.#keepAlive = mode === 'lease' ? leaseMode(context) : presenceMode(context);
    this.#keepAlive.start();
  }

  async update(change: AnnouncementChange): Promise<void> {
    if (this.#leaving.signal.aborted) throw mistake('it has left');
    const { announcement } = this;
    const seq = announcement.seq + 1;
    const next = owned(encodeAnnouncement({ ...announcement, ...change, seq }));
    if (this.#options.mode === 'presence') checkPresenceSize(this.#options.registry, next);
    this.#owner.update(change);
    this.#keepAlive?.changed();
    if (this.#isRegistered) await this.#publish('register');
  }

  /** While the broker's host cannot be resolved, the address from which it is reached is unknown, too. */
  async #chooseAddress(): Promise<void> {
    const { registry } = this.#options;
    for (
      let wait = RETRY_MS;
      !this.#leaving.signal.aborted;
      wait = Math.min(wait * 2, MAX_RETRY_MS)
    ) {
      try {
        const address = await addressTowards(registry);
        if (address !== undefined) this.#owner = new Owner({ ...this.announcement, address });
        return;
      } catch (error) {
        this.#fault(unreachable(registry, codeOf(error)));
      }
      await delay(wait, undefined, { signal: this.#leaving.signal }).catch(() => {});
    }
  }

  #publish(event: EventName): Promise<void> {
    const { channels } = this.#options.registry;
    const announcement = encodeAnnouncement(this.announcement);
    return (this.#latest = this.#publisher.publish(channels.registry, event, announcement));
  }

  #accepted(): void {
    this.#isRegistered = true;
    const { prefix, address, port, ttl } = this.announcement;
    // An observer that starts with no other beside it does not know the instance until its next renewal.
    const wait = ttl === undefined ? {} : { knownToNewObserversWithinS: Math.ceil(ttl / 3) };
    this.#start.succeeded({ prefix: prefix || '/', address, port, ...wait }, 'registered');
    this.#registered.resolve();
    this.#attempted.resolve();
  }

  #fault(error: Error): void {
    const { requireBroker, logger } = this.#options;
    if (this.#leaving.signal.aborted) return;
    // Other errors, such as a second run with the same id, have nothing to do with the start.
    if (this.#isRegistered || !(error instanceof RollcallError)) faultReporter(logger)(error);
    else if (requireBroker) this.#giveUp(error);
    else {
      this.#start.failed(error);
      this.#attempted.resolve();
    }
  }

  #giveUp(error: Error): void {
    this.#leaving.abort();
    this.#forget?.();
    this.#stop();
    this.#attempted.reject(error);
  }

  async #leave(): Promise<void> {
    this.#leaving.abort();
    this.#keepAlive?.mute();
    // An announcement under way may be accepted, and must not overtake the exit.
    await this.#latest?.catch(() => {});
    if (this.#isRegistered) {
      await this.#publish('exit');
      await delay(LEAVE_WINDOW_MS);
    }
    this.#attempted.resolve();
    this.#stop();
  }

  #stop(): void {
    this.#keepAlive?.stop();
    this.#publisher.close();
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'EIO';
}

function onceUnlessFailed(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  async function run(): Promise<void> {
    try {
      await work();
    } catch (error) {
      running = undefined;
      throw error;
    }
  }
  return () => (running ??= run());
}

const noop = (): void => {};

/** As Promise.withResolvers, which Node 20 lacks. */
function withResolvers(): {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
} {
  let resolve = noop;
  let reject: (error: Error) => void = noop;
  const promise = new Promise<void>((settle, fail) => {
    resolve = settle;
    reject = fail;
  });
  return { promise, resolve, reject };
}
