import { setTimeout as delay } from 'node:timers/promises';
import type { Owner } from '@rollcall/protocol';
import { ownerPublisher } from '../transport/access-of.ts';
import type { OwnerEvent } from '../transport/owner-access.ts';
import { describeBroker } from '../transport/broker-config.ts';
import type { OwnerConnection } from '../transport/registry-config.ts';
import { signed } from '../trust/signer.ts';
import { LEAVE_WINDOW_MS } from './drain.ts';
import type { KeepAlive, KeepAliveContext } from './keep-alive.ts';
import { leaseMode } from './lease-mode.ts';
import { presenceMode } from './presence-mode.ts';

export interface BrokerRegistrationOptions {
  readonly connection: OwnerConnection;
  readonly mode: 'presence' | 'lease';
  /** The same at every broker. */
  readonly owner: Owner;
  /** The broker has accepted an announcement for the first time. */
  readonly onAccepted: (at: BrokerRegistration) => void;
  readonly onOutbid: () => void;
  /** Something failed there. It is retried. */
  readonly onFault: (error: Error, at: BrokerRegistration) => void;
}

/** The registration of an instance at one broker of its registry. What fails there concerns no other broker. */
export class BrokerRegistration {
  /** The broker in words. */
  readonly broker: string;
  readonly #options: BrokerRegistrationOptions;
  readonly #publisher: ReturnType<typeof ownerPublisher>;
  readonly #keepAlive: KeepAlive;
  /** The latest message, while it is on its way and afterwards. */
  #latest: Promise<void> | undefined;
  #isAccepted = false;

  constructor(options: BrokerRegistrationOptions) {
    const { connection, mode, owner, onAccepted, onOutbid, onFault } = options;
    this.#options = options;
    this.broker = describeBroker(connection);
    this.#publisher = ownerPublisher(connection);
    const context: KeepAliveContext = {
      connection,
      owner,
      announce: () => this.announce(),
      onAccepted: () => {
        this.#isAccepted = true;
        onAccepted(this);
      },
      onOutbid,
      onFault: (error) => onFault(error, this),
    };
    this.#keepAlive = mode === 'lease' ? leaseMode(context) : presenceMode(context);
  }

  /** Whether the broker has accepted an announcement. */
  get isAccepted(): boolean {
    return this.#isAccepted;
  }

  /** Announces the instance, and continues until the broker has accepted it. */
  start(): void {
    this.#keepAlive.start();
  }

  /** The announcement has changed. */
  changed(): void {
    this.#keepAlive.changed();
  }

  /** The owner continues as a later run. */
  outbid(): void {
    this.#keepAlive.outbid();
  }

  /** The instance is leaving: publishes nothing more by itself. */
  mute(): void {
    this.#keepAlive.mute();
  }

  /** Publishes the current announcement. */
  announce(): Promise<void> {
    return this.#publish('register');
  }

  /** Settles when no message is on its way. */
  async settled(): Promise<void> {
    await this.#latest?.catch(() => {});
  }

  /** Publishes the exit, and resolves when it was accepted and observers have had the time to receive it. */
  async exit(): Promise<void> {
    // An announcement under way may be accepted, and must not overtake the exit.
    await this.settled();
    await this.#publish('exit');
    await delay(LEAVE_WINDOW_MS);
  }

  stop(): void {
    this.#keepAlive.stop();
    this.#publisher.close();
  }

  #publish(event: OwnerEvent): Promise<void> {
    const { connection, owner } = this.#options;
    const statement = { announcement: owner.announcement, left: event === 'exit' };
    this.#latest = this.#publisher.publish(event, signed(connection, statement));
    return this.#latest;
  }
}
