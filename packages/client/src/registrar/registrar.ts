import { setTimeout as delay } from 'node:timers/promises';
import { encodeAnnouncement, Owner, RollcallError } from '@rollcall/protocol';
import type { AnnouncementChange, Owned } from '@rollcall/protocol';
import type { LeaveOutcome, Logger } from '@rollcall/runtime';
import { faultReporter, StartReport } from '../report.ts';
import type { AuthServer } from '../transport/auth-server.ts';
import type { OwnerConnection, RegistryConfig } from '../transport/registry-config.ts';
import { BrokerRegistration } from './broker-registration.ts';
import { checkSize, mistake, owned } from './check-announcement.ts';
import { MAX_RETRY_MS, RETRY_MS } from './keep-alive.ts';
import { leaveOnSignal } from './leave-on-signal.ts';
import { oneSucceeds } from './one-succeeds.ts';
import { ownerConnections } from './owner-connections.ts';
import { addressTowards } from './own-address.ts';
import type { Registration } from './registration.ts';

export interface RegistrarOptions {
  readonly registry: RegistryConfig | AuthServer;
  readonly mode: 'presence' | 'lease';
  readonly announcement: Owned;
  /** Otherwise the announcement's address is a guess, until the way to the broker is known. */
  readonly isAddressChosen: boolean;
  readonly requireBroker: boolean;
  readonly onSignal: ((outcome: LeaveOutcome) => unknown) | undefined;
  readonly logger: Logger | undefined;
}

/** Once a broker has accepted an exit, the others have so much longer. One that hangs does not hold up the end of a program. */
const OTHERS_LEAVE_MS = 500;

/** Announces one instance until it leaves, at every broker of its registry. */
export class Registrar implements Registration {
  readonly registered: Promise<void>;
  /** Settles as `register()` does. */
  readonly attempted: Promise<void>;
  readonly leave: () => Promise<void>;
  readonly #options: RegistrarOptions;
  readonly #start: StartReport;
  /** Why the instance is not registered at a broker yet. */
  readonly #reports = new Map<BrokerRegistration, StartReport>();
  readonly #failed = new Set<BrokerRegistration>();
  readonly #registered = withResolvers();
  readonly #attempted = withResolvers();
  readonly #leaving = new AbortController();
  readonly #forget: (() => void) | undefined;
  #owner: Owner;
  #brokers: readonly BrokerRegistration[] = [];

  constructor(options: RegistrarOptions) {
    const { announcement, onSignal, logger } = options;
    this.#options = options;
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
    const { mode, isAddressChosen } = this.#options;
    const connections = await this.#connections();
    if (!isAddressChosen && connections !== undefined) await this.#chooseAddress(connections);
    if (this.#leaving.signal.aborted || connections === undefined) return;
    this.#brokers = connections.map(
      (connection) =>
        new BrokerRegistration({
          connection,
          mode,
          owner: this.#owner,
          onAccepted: (at) => this.#accepted(at),
          onOutbid: () => this.#brokers.forEach((each) => each.outbid()),
          onFault: (error, at) => this.#fault(error, at),
        }),
    );
    for (const each of this.#brokers) each.start();
  }

  async update(change: AnnouncementChange): Promise<void> {
    if (this.#leaving.signal.aborted) throw mistake('it has left');
    const { announcement } = this;
    const seq = announcement.seq + 1;
    const next = owned(encodeAnnouncement({ ...announcement, ...change, seq }));
    checkSize(this.#options.registry, this.#options.mode, next);
    this.#owner.update(change);
    for (const each of this.#brokers) each.changed();
    const accepted = this.#brokers.filter(({ isAccepted }) => isAccepted);
    if (accepted.length > 0)
      await oneSucceeds(
        accepted.map((each) => each.announce()),
        0,
        (error) => this.#report(error),
      );
  }

  /** Returns undefined if the instance leaves before the auth server has said where the registry is. */
  async #connections(): Promise<readonly OwnerConnection[] | undefined> {
    const { registry } = this.#options;
    return this.#untilItSucceeds(() => ownerConnections(registry));
  }

  /** While the broker's host cannot be resolved, the address from which it is reached is unknown, too. */
  async #chooseAddress(connections: readonly OwnerConnection[]): Promise<void> {
    const address = await this.#untilItSucceeds(() => addressTowards(connections));
    if (address !== undefined) this.#owner = new Owner({ ...this.announcement, address });
  }

  /** Tries again and again. Returns undefined if the instance leaves meanwhile. */
  async #untilItSucceeds<T>(attempt: () => Promise<T>): Promise<T | undefined> {
    const { signal } = this.#leaving;
    for (let wait = RETRY_MS; !signal.aborted; wait = Math.min(wait * 2, MAX_RETRY_MS)) {
      try {
        return await attempt();
      } catch (error) {
        if (!(error instanceof RollcallError)) throw error;
        this.#notStarted(error, this.#start);
      }
      await delay(wait, undefined, { signal }).catch(() => {});
    }
    return undefined;
  }

  get #isRegistered(): boolean {
    return this.#brokers.some(({ isAccepted }) => isAccepted);
  }

  #accepted(at: BrokerRegistration): void {
    const { broker } = at;
    const isFirst = this.#brokers.filter(({ isAccepted }) => isAccepted).length === 1;
    const { prefix, address, port, ttl } = this.announcement;
    // An observer that starts with no other beside it does not know the instance until its next renewal.
    const wait = ttl === undefined ? {} : { knownToNewObserversWithinS: Math.ceil(ttl / 3) };
    const where = this.#brokers.length === 1 ? {} : { broker };
    const fields = isFirst ? { prefix: prefix || '/', address, port, ...where, ...wait } : where;
    const message = isFirst ? 'registered' : 'registered at another broker';
    this.#reportOf(at).succeeded(fields, message);
    this.#registered.resolve();
    this.#attempted.resolve();
  }

  #fault(error: Error, at: BrokerRegistration): void {
    if (this.#leaving.signal.aborted) return;
    // Other errors, such as a second run with the same id, have nothing to do with the start.
    if (at.isAccepted || !(error instanceof RollcallError)) {
      faultReporter(this.#options.logger)(error);
      return;
    }
    this.#failed.add(at);
    this.#notStarted(error, this.#reportOf(at));
  }

  /** The instance is not registered yet, at a broker or at all. */
  #notStarted(error: Error, report: StartReport): void {
    // As long as another broker may accept it, nothing is settled.
    const isSettled = this.#isRegistered || this.#failed.size === this.#brokers.length;
    if (this.#options.requireBroker && !this.#isRegistered) {
      if (isSettled) this.#giveUp(error);
      return;
    }
    report.failed(error);
    if (isSettled) this.#attempted.resolve();
  }

  #reportOf(at: BrokerRegistration): StartReport {
    let report = this.#reports.get(at);
    if (report === undefined) {
      report =
        this.#brokers.length === 1
          ? this.#start
          : new StartReport(this.#options.logger, 'not registered at this broker yet');
      this.#reports.set(at, report);
    }
    return report;
  }

  #giveUp(error: Error): void {
    this.#leaving.abort();
    this.#forget?.();
    this.#stop();
    this.#attempted.reject(error);
  }

  async #leave(): Promise<void> {
    this.#leaving.abort();
    for (const each of this.#brokers) each.mute();
    if (!this.#isRegistered) await Promise.all(this.#brokers.map((each) => each.settled()));
    if (this.#isRegistered) {
      await oneSucceeds(
        this.#brokers.map((each) => each.exit()),
        OTHERS_LEAVE_MS,
        (error, number) => {
          // Where it was never registered, that was reported.
          if (this.#brokers[number]?.isAccepted === true) this.#report(error);
        },
      );
    }
    this.#attempted.resolve();
    this.#stop();
  }

  #report(error: Error): void {
    faultReporter(this.#options.logger)(error);
  }

  #stop(): void {
    for (const each of this.#brokers) each.stop();
  }
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
