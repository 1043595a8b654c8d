import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { openSealedChannel } from '@rollcall/client';
import type { RegistryConfig } from '@rollcall/client';
import { isRecord } from '@rollcall/protocol';
import { errorMessage } from '@rollcall/runtime';
import type { Certificate, Logger } from '@rollcall/runtime';
import type { Challenge } from '../acme/order.ts';
import { parseLetter } from './messages.ts';
import type { Message } from './messages.ts';
import { SharedOrders } from './shared-orders.ts';
import type { Effect, Held } from './shared-orders.ts';

/** What a gateway learns from the others. */
interface ShareHandlers {
  readonly onCertificate: (name: string, certificate: Certificate) => void;
  /** Resolves when the challenges of others are answered. */
  readonly onChallenges: (challenges: readonly Challenge[]) => Promise<void>;
  /** Another gateway has failed to order a certificate: it is tried again at that time. */
  readonly onFailed: (name: string, failures: number, until: number) => void;
}

/** How gateways agree on who orders a certificate, and pass it on. */
export interface Share {
  /** The names that this gateway serves. */
  want(names: readonly string[]): void;
  /** This gateway holds a certificate. */
  hold(name: string, held: Held): void;
  /** Resolves to whether this gateway is the one to order a certificate now. */
  claim(name: string): Promise<boolean>;
  /** Resolves when all gateways answer a challenge, or after a few seconds. */
  present(challenge: Challenge): Promise<void>;
  ordered(name: string, held: Held): void;
  failed(name: string, failures: number, until: number): void;
  close(): void;
}

export interface ShareOptions extends ShareHandlers {
  readonly registry: RegistryConfig;
  /** 32 bytes in base64. */
  readonly shareKey: string;
  readonly logger: Logger;
}

const TICK_MS = 250;
/** A gateway that does not answer may be gone. */
const MAX_PRESENT_MS = 5000;
const MAX_LETTER_BYTES = 65_536;

/** Opens the channel by which gateways share certificates: everything on it is encrypted with the key that they share. */
export function openShare(options: ShareOptions): Share {
  const { registry, shareKey, logger, onCertificate, onChallenges, onFailed } = options;
  const self = randomBytes(12).toString('hex');
  const orders = new SharedOrders(self, Math.random);
  let number = 0;
  const channel = openSealedChannel(registry, {
    name: `${registry.channels.registry}.certificates`,
    key: shareKey,
    onSubscribed: () => run(orders.connected(Date.now())),
    onDisconnected: () => orders.disconnected(),
    onMessage(data) {
      const letter = parseLetter(unpacked(data));
      if (letter !== undefined) run(orders.receive(letter, Date.now()));
    },
    onUnreadable: () =>
      logger.debug('ignored a message about certificates that is not sealed with the share key'),
  });
  const timer = setInterval(() => run(orders.tick(Date.now())), TICK_MS);
  timer.unref();

  function run(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.type === 'send') send(effect.message);
      else if (effect.type === 'certificate') onCertificate(effect.name, effect.certificate);
      else if (effect.type === 'failed') onFailed(effect.name, effect.failures, effect.until);
      else void answer();
    }
  }

  function send(message: Message): void {
    const letter = { from: self, number: ++number, at: Date.now(), message };
    channel.publish(packed(letter)).catch((error: unknown) => {
      logger.warn({ reason: errorMessage(error) }, 'cannot tell other gateways about certificates');
    });
  }

  async function answer(): Promise<void> {
    const challenges = orders.challenges();
    await onChallenges(challenges);
    for (const { name } of challenges) run(orders.answering(name));
  }

  async function until(isDone: () => boolean, maxMs: number): Promise<void> {
    const end = performance.now() + maxMs;
    while (!isDone() && performance.now() < end) await delay(TICK_MS, undefined, { ref: false });
  }

  return {
    want: (names) => orders.want(names),
    hold: (name, held) => orders.hold(name, held),
    async claim(name) {
      if (!orders.isIntroduced(Date.now())) return false;
      run(orders.claim(name, Date.now()));
      await until(() => orders.standing(name, Date.now()) !== 'wait', Infinity);
      return orders.standing(name, Date.now()) === 'mine';
    },
    async present(challenge) {
      run(orders.present(challenge));
      await until(() => orders.isAnswered(challenge.name, Date.now()), MAX_PRESENT_MS);
    },
    ordered: (name, held) => run(orders.ordered(name, held)),
    failed: (name, failures, at) => run(orders.failed(name, failures, at, Date.now())),
    close() {
      clearInterval(timer);
      channel.close();
    },
  };
}

/** Deflated: an event holds 10 KB, and a chain of three with a key nearly fills it. */
function packed(letter: object): object {
  return { deflated: deflateRawSync(JSON.stringify(letter)).toString('base64') };
}

function unpacked(data: unknown): unknown {
  const deflated = isRecord(data) ? data['deflated'] : undefined;
  if (typeof deflated !== 'string') return undefined;
  try {
    const bytes = inflateRawSync(Buffer.from(deflated, 'base64'), {
      maxOutputLength: MAX_LETTER_BYTES,
    });
    return JSON.parse(bytes.toString());
  } catch {
    return undefined;
  }
}
