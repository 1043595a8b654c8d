import type { Certificate } from '@rollcall/runtime';
import type { Challenge } from '../acme/order.ts';
import { Gateways } from './gateways.ts';
import type { Letter, Message } from './messages.ts';

/** What a gateway does about what it has learned. The caller, which has a connection and a clock, carries it out. */
export type Effect =
  | { readonly type: 'send'; readonly message: Message }
  /** Another gateway has ordered a certificate. */
  | { readonly type: 'certificate'; readonly name: string; readonly certificate: Certificate }
  /** The challenges to answer have changed. */
  | { readonly type: 'challenges' }
  /** Another gateway has failed to order one: it is tried again at that time. */
  | {
      readonly type: 'failed';
      readonly name: string;
      readonly failures: number;
      readonly until: number;
    };

/** A certificate that is held. */
export interface Held extends Certificate {
  /** Greater for a certificate that replaces another. */
  readonly version: number;
}

interface Claim {
  readonly by: string;
  readonly since: number;
  readonly until: number;
  readonly failures: number;
}

interface Pending {
  readonly challenge: Challenge;
  readonly until: number;
}

export const RULES = {
  helloEveryMs: 60_000,
  /** How long after connecting others may take to send the certificates that they hold. */
  introductionMs: 3000,
  /** How long a claim waits for an earlier one. */
  claimSettlesMs: 2000,
  /** A gateway that ends while it orders is replaced after that. */
  claimMs: 60_000,
  renewClaimMs: 20_000,
  challengeMs: 300_000,
  /** Answers to a hello are spread over it, so that one gateway answers and the others see it. */
  answerMs: 1000,
} as const;

/**
 * Which gateway orders a certificate, and what the others then do: claims, challenges and certificates, without sockets, clock
 * or randomness. A message that is lost costs time, or a second order; it never leaves two gateways with different
 * certificates for good, because the one with the greatest version wins.
 */
export class SharedOrders {
  readonly #self: string;
  readonly #random: () => number;
  readonly #gateways: Gateways;
  #wanted: ReadonlySet<string> = new Set();
  readonly #held = new Map<string, Held>();
  readonly #claims = new Map<string, Claim>();
  /** Of this gateway, by name: which others answer its challenge. */
  readonly #answeredBy = new Map<string, Set<string>>();
  /** Of others, by gateway and name. */
  readonly #challenges = new Map<string, Pending>();
  /** When to send a certificate that another gateway lacks, unless a third one does. */
  readonly #answers = new Map<string, number>();
  #connectedAt = Infinity;
  #helloAt = Infinity;
  #claimsRenewedAt = -Infinity;

  /** @param random returns a number from 0 to 1 */
  constructor(self: string, random: () => number) {
    this.#self = self;
    this.#random = random;
    this.#gateways = new Gateways(self);
  }

  /** Whether others had the time to say what they hold. */
  isIntroduced(now: number): boolean {
    return now >= this.#connectedAt + RULES.introductionMs;
  }

  /** The challenges that others want answered. */
  challenges(): Challenge[] {
    return Array.from(this.#challenges.values(), ({ challenge }) => challenge);
  }

  connected(now: number): Effect[] {
    this.#connectedAt = now;
    return this.#hello(now);
  }

  disconnected(): void {
    this.#connectedAt = Infinity;
    this.#helloAt = Infinity;
  }

  /** Time has passed. */
  tick(now: number): Effect[] {
    const effects: Effect[] = now >= this.#helloAt ? this.#hello(now) : [];
    for (const [name, at] of this.#answers) {
      if (now < at) continue;
      this.#answers.delete(name);
      effects.push(...this.#certificate(name));
    }
    if (now >= this.#claimsRenewedAt + RULES.renewClaimMs) {
      this.#claimsRenewedAt = now;
      for (const [name, claim] of this.#claims)
        if (claim.by === this.#self && claim.until > now && claim.failures === 0)
          effects.push(this.#claim(name, { ...claim, until: now + RULES.claimMs }, now));
    }
    for (const [id, { until }] of this.#challenges) {
      if (now < until) continue;
      this.#challenges.delete(id);
      effects.push({ type: 'challenges' });
    }
    return effects;
  }

  /** This gateway serves these names. */
  want(names: readonly string[]): void {
    this.#wanted = new Set(names);
    for (const name of this.#held.keys()) if (!this.#wanted.has(name)) this.#held.delete(name);
  }

  /** This gateway wants to order a certificate. */
  claim(name: string, now: number): Effect[] {
    const known = this.#liveClaim(name, now);
    if (known !== undefined) return [];
    const claim = { by: this.#self, since: now, until: now + RULES.claimMs, failures: 0 };
    return [this.#claim(name, claim, now)];
  }

  /** Whether this gateway may order, has to wait for earlier claims, or leaves it to another. */
  standing(name: string, now: number): 'mine' | 'wait' | 'other' {
    const claim = this.#liveClaim(name, now);
    if (claim?.by !== this.#self) return 'other';
    return now >= claim.since + RULES.claimSettlesMs ? 'mine' : 'wait';
  }

  /** This gateway is asked to answer a challenge of its order: others are to answer it, too. */
  present(challenge: Challenge): Effect[] {
    this.#answeredBy.set(challenge.name, new Set());
    return [{ type: 'send', message: { type: 'challenge', challenge, forMs: RULES.challengeMs } }];
  }

  /** Whether every other gateway answers the challenge of a name. */
  isAnswered(name: string, now: number): boolean {
    const answeredBy = this.#answeredBy.get(name);
    return this.#gateways.present(now).every((each) => answeredBy?.has(each));
  }

  /** This gateway answers the challenge of another. */
  answering(name: string): Effect[] {
    return [{ type: 'send', message: { type: 'answering', name } }];
  }

  /** This gateway holds a certificate: it has ordered it, received it, or found it on disk. */
  hold(name: string, held: Held): void {
    this.#held.set(name, held);
  }

  /** This gateway has ordered a certificate. */
  ordered(name: string, held: Held): Effect[] {
    this.hold(name, held);
    this.#claims.delete(name);
    this.#answeredBy.delete(name);
    return this.#certificate(name);
  }

  /** This gateway has failed to order one. */
  failed(name: string, failures: number, until: number, now: number): Effect[] {
    this.#answeredBy.delete(name);
    return [this.#claim(name, { by: this.#self, since: now, until, failures }, now)];
  }

  receive(letter: Letter, now: number): Effect[] {
    if (!this.#gateways.isNew(letter, now)) return [];
    const { from, message } = letter;
    switch (message.type) {
      case 'hello':
        return this.#compare(message.held, now);
      case 'claim':
        return this.#claimed(from, message, now);
      case 'challenge': {
        const { challenge, forMs } = message;
        const until = now + Math.min(forMs, RULES.challengeMs);
        this.#challenges.set(`${from} ${challenge.name}`, { challenge, until });
        return [{ type: 'challenges' }];
      }
      case 'answering':
        this.#answeredBy.get(message.name)?.add(from);
        return [];
      case 'certificate': {
        const { name, cert, key } = message;
        this.#answers.delete(name);
        // The order is done.
        if (this.#claims.get(name)?.by === from) this.#claims.delete(name);
        const hadChallenge = this.#challenges.delete(`${from} ${name}`);
        const taken: Effect = { type: 'certificate', name, certificate: { cert, key } };
        return hadChallenge ? [{ type: 'challenges' }, taken] : [taken];
      }
    }
  }

  /** Sends what another gateway lacks, and asks for what this one lacks. */
  #compare(theirs: Readonly<Record<string, number>>, now: number): Effect[] {
    for (const name of this.#held.keys()) this.#answer(name, theirs[name] ?? 0, now);
    const isBehind = Object.entries(theirs).some(
      ([name, version]) => this.#wanted.has(name) && version > this.#version(name),
    );
    return isBehind ? this.#hello(now) : [];
  }

  /** Sends a certificate soon, if another gateway holds an older one. */
  #answer(name: string, theirs: number, now: number): void {
    if (this.#version(name) <= theirs || this.#answers.has(name)) return;
    this.#answers.set(name, now + this.#random() * RULES.answerMs);
  }

  #version(name: string): number {
    return this.#held.get(name)?.version ?? 0;
  }

  #claimed(by: string, message: Message & { type: 'claim' }, now: number): Effect[] {
    const { name, since, forMs, failures } = message;
    const known = this.#liveClaim(name, now);
    const claim = { by, since, until: now + forMs, failures };
    if (known !== undefined && known.by !== by && failures === 0 && isBefore(known, claim))
      return [];
    this.#claims.set(name, claim);
    // It may have missed what this gateway has sent.
    this.#answer(name, message.version, now);
    return failures === 0 ? [] : [{ type: 'failed', name, failures, until: claim.until }];
  }

  #claim(name: string, claim: Claim, now: number): Effect {
    this.#claims.set(name, claim);
    const { since, until, failures } = claim;
    const forMs = until - now;
    const version = this.#version(name);
    return { type: 'send', message: { type: 'claim', name, since, version, forMs, failures } };
  }

  #liveClaim(name: string, now: number): Claim | undefined {
    const claim = this.#claims.get(name);
    return claim !== undefined && claim.until > now ? claim : undefined;
  }

  #hello(now: number): Effect[] {
    this.#helloAt = now + RULES.helloEveryMs;
    const held = Object.fromEntries(
      Array.from(this.#held, ([name, { version }]) => [name, version]),
    );
    return [{ type: 'send', message: { type: 'hello', held } }];
  }

  #certificate(name: string): Effect[] {
    const held = this.#held.get(name);
    if (held === undefined) return [];
    const { cert, key } = held;
    return [{ type: 'send', message: { type: 'certificate', name, cert, key } }];
  }
}

/** Of two claims, the earlier one holds; of two of the same moment, that of the lesser name. */
function isBefore(one: Claim, two: Claim): boolean {
  return one.since < two.since || (one.since === two.since && one.by < two.by);
}
