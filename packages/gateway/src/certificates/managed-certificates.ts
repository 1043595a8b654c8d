import { errorMessage } from '@rollcall/runtime';
import type { Certificate, Logger } from '@rollcall/runtime';
import { AcmeError } from './acme/error.ts';
import type { Challenge, ChallengeType, OrderOptions } from './acme/order.ts';
import { heldCertificate } from './pem.ts';
import type { HeldCertificate } from './pem.ts';
import { renewalTime, retryDelay } from './schedule.ts';
import type { Share } from './sharing/share.ts';
import type { CertificateStore } from './store.ts';

/** A name, and how its certificate is doing. Times are milliseconds since 1970. */
export interface ManagedName {
  readonly name: string;
  readonly certificate: HeldCertificate | undefined;
  /** When it is renewed, or ordered again after a failure. */
  readonly nextOrderAt: number;
  /** Orders in a row that have failed. */
  readonly failures: number;
  /** Why the latest one has failed. */
  readonly reason: string | undefined;
}

export interface ManagedOptions {
  readonly store: CertificateStore;
  readonly order: (options: OrderOptions) => Promise<Certificate>;
  /** The challenges that the gateway can answer, the preferred one first. */
  readonly types: readonly ChallengeType[];
  /** Has a challenge answered by this gateway: resolves when it is. */
  readonly answer: (challenge: Challenge) => Promise<void>;
  /** The challenge of a name is over. */
  readonly unanswer: (name: string) => void;
  /** The certificates have changed. */
  readonly onChange: () => void;
  readonly logger: Logger;
  readonly random: () => number;
  readonly now: () => number;
}

type SharedBy = Pick<Share, 'want' | 'hold' | 'claim' | 'present' | 'ordered' | 'failed'>;

interface Entry {
  certificate: HeldCertificate | undefined;
  nextOrderAt: number;
  failures: number;
  reason: string | undefined;
}

/** The certificates that are ordered by ACME, one after the other, and renewed in time. */
export class ManagedCertificates {
  readonly #options: ManagedOptions;
  readonly #entries = new Map<string, Entry>();
  #share: SharedBy | undefined;
  #isOrdering = false;
  #isClosed = false;
  /** How many have succeeded and failed. */
  readonly orders = { ok: 0, failed: 0 };

  constructor(options: ManagedOptions) {
    this.#options = options;
  }

  /** Agrees with other gateways from now on. */
  shareBy(share: SharedBy): void {
    this.#share = share;
    share.want([...this.#entries.keys()]);
    for (const [name, { certificate }] of this.#entries)
      if (certificate !== undefined) share.hold(name, certificate);
  }

  /** Orders certificates for these names, and no others, from now on. Certificates that are kept are loaded first. */
  async configure(names: readonly string[]): Promise<void> {
    for (const name of this.#entries.keys()) if (!names.includes(name)) this.#entries.delete(name);
    for (const name of names) {
      if (this.#entries.has(name)) continue;
      const entry: Entry = {
        certificate: undefined,
        nextOrderAt: 0,
        failures: 0,
        reason: undefined,
      };
      this.#entries.set(name, entry);
      const kept = await this.#options.store.load(name);
      if (kept !== undefined) this.#take(name, entry, kept);
    }
    this.#share?.want(names);
    this.#options.onChange();
  }

  /** Orders nothing more. An order under way counts as never begun: another gateway takes it over. */
  close(): void {
    this.#isClosed = true;
  }

  all(): ManagedName[] {
    return Array.from(this.#entries, ([name, entry]) => ({ name, ...entry }));
  }

  /** Orders what is due. To be called every second or so. */
  async tick(): Promise<void> {
    if (this.#isOrdering) return;
    const now = this.#options.now();
    const due = [...this.#entries].find(([, { nextOrderAt }]) => now >= nextOrderAt);
    if (due === undefined) return;
    this.#isOrdering = true;
    try {
      await this.#orderIfOurs(...due);
    } finally {
      this.#isOrdering = false;
    }
  }

  /** Another gateway has ordered a certificate. */
  async received(name: string, { cert, key }: Certificate): Promise<void> {
    const entry = this.#entries.get(name);
    const sent = entry && heldCertificate(cert, key, name);
    if (entry === undefined || sent === undefined) return;
    if (sent.version <= (entry.certificate?.version ?? 0)) return;
    await this.#keep(name, entry, sent);
    const notAfter = new Date(sent.notAfter);
    this.#options.logger.info({ name, notAfter }, 'received certificate from another gateway');
  }

  /** Another gateway has failed to order a certificate. */
  failedElsewhere(name: string, failures: number, until: number): void {
    const entry = this.#entries.get(name);
    if (entry === undefined) return;
    entry.failures = failures;
    entry.nextOrderAt = until;
    entry.reason = 'another gateway could not order it: see its log';
  }

  async #orderIfOurs(name: string, entry: Entry): Promise<void> {
    const { now, logger } = this.#options;
    if (this.#share !== undefined && !(await this.#share.claim(name))) return;
    // Another gateway may have sent one meanwhile.
    if (now() < entry.nextOrderAt || this.#entries.get(name) !== entry) return;
    const { types } = this.#options;
    const type = types[entry.failures % types.length] ?? 'tls-alpn-01';
    logger.info({ name, challenge: type }, 'ordering certificate');
    try {
      await this.#order(name, entry, type);
    } catch (error) {
      if (!this.#isClosed) this.#failed(name, entry, error);
    } finally {
      this.#options.unanswer(name);
    }
  }

  async #order(name: string, entry: Entry, type: ChallengeType): Promise<void> {
    const { order, answer, logger } = this.#options;
    const { cert, key } = await order({
      name,
      type,
      present: async (challenge) => {
        await answer(challenge);
        await this.#share?.present(challenge);
      },
    });
    const ordered = heldCertificate(cert, key, name);
    if (ordered === undefined)
      throw new AcmeError('the certificate is not for this name, or cannot be read');
    this.orders.ok++;
    await this.#keep(name, entry, ordered);
    this.#share?.ordered(name, ordered);
    logger.info({ name, notAfter: new Date(ordered.notAfter) }, 'ordered certificate');
  }

  #failed(name: string, entry: Entry, error: unknown): void {
    const { now, random, logger } = this.#options;
    this.orders.failed++;
    entry.failures++;
    entry.reason = errorMessage(error);
    const asked = error instanceof AcmeError ? (error.retryAfterMs ?? 0) : 0;
    entry.nextOrderAt = now() + Math.max(asked, retryDelay(entry.failures, random()));
    const { failures, reason, nextOrderAt } = entry;
    const fields = { name, reason, failures, nextOrderAt: new Date(nextOrderAt) };
    logger.error(fields, 'cannot order certificate: trying again later');
    this.#share?.failed(name, failures, nextOrderAt);
  }

  /** A gateway that cannot keep a certificate serves it all the same. */
  async #keep(name: string, entry: Entry, certificate: HeldCertificate): Promise<void> {
    const { store, onChange, logger } = this.#options;
    this.#take(name, entry, certificate);
    onChange();
    try {
      await store.save(name, certificate);
    } catch (error) {
      logger.error({ name, reason: errorMessage(error) }, 'cannot keep certificate on disk');
    }
  }

  #take(name: string, entry: Entry, certificate: HeldCertificate): void {
    entry.certificate = certificate;
    entry.nextOrderAt = renewalTime(certificate, this.#options.random());
    entry.failures = 0;
    entry.reason = undefined;
    this.#share?.hold(name, certificate);
  }
}
