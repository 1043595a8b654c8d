import { createHash, randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { openSealedChannel } from '@rollcall/client';
import type { RegistryConfig } from '@rollcall/client';
import { errorMessage, limitLines } from '@rollcall/runtime';
import type { Logger } from '@rollcall/runtime';
import { Gateways } from '../certificates/sharing/gateways.ts';
import type { Sent } from './duty.ts';
import { parseNotifyLetter } from './letters.ts';
import type { NotifyMessage } from './letters.ts';
import type { Target } from './targets.ts';
import { Team } from './team.ts';

interface AgreementOptions {
  readonly registry: RegistryConfig;
  readonly targets: readonly Target[];
  readonly logger: Logger;
  /** Another gateway has notified a target. */
  readonly onSent: (target: string, sent: Sent) => void;
}

/** How gateways agree on which of them notifies. */
export interface Agreement {
  /** This run of the gateway. */
  readonly self: string;
  readonly team: Team;
  /** Asks which gateways are there. */
  ask(): void;
  /** Reports that a target has accepted a message. */
  sent(target: string, sent: Sent): void;
  close(): Promise<void>;
}

/** How long a broker may take to accept the last letter. */
const MAX_BYE_MS = 500;
/** Subjects in one letter: an event of the channel holds 10 KB. */
const MAX_ABOUT = 200;

/**
 * Opens the channel by which gateways agree. It is sealed with a key that is made of the targets, because these are secrets that
 * all gateways have, and services do not.
 */
export function openAgreement(options: AgreementOptions): Agreement {
  const { registry, targets, logger, onSent } = options;
  const self = randomBytes(12).toString('hex');
  const gateways = new Gateways(self);
  const team = new Team();
  const warn = limitLines(logger.warn.bind(logger));
  let number = 0;
  const channel = openSealedChannel(registry, {
    name: `${registry.channels.registry}.notify`,
    key: keyOf(targets),
    onSubscribed: ask,
    // Each sends when it is its turn, and nothing is reported meanwhile.
    onDisconnected() {},
    onMessage: receive,
    onUnreadable: () => logger.debug('ignored a message of a gateway that has other targets'),
  });

  function receive(data: unknown): void {
    const letter = parseNotifyLetter(data);
    if (letter === undefined || !gateways.isNew(letter, Date.now())) return;
    const { from, message } = letter;
    if (message.type === 'bye') return team.left(from);
    team.heard(from);
    if (message.type === 'sent') onSent(message.target, message);
    else if (message.isAnswerWanted) void send({ type: 'hello', isAnswerWanted: false });
  }

  function ask(): void {
    void send({ type: 'hello', isAnswerWanted: true });
  }

  async function send(message: NotifyMessage): Promise<void> {
    try {
      await channel.publish({ from: self, number: ++number, at: Date.now(), message });
    } catch (error) {
      warn({ reason: errorMessage(error) }, 'cannot report notifications to other gateways');
    }
  }

  return {
    self,
    team,
    ask,
    sent(target, { group, about }) {
      for (let from = 0; from < about.length; from += MAX_ABOUT)
        void send({ type: 'sent', target, group, about: about.slice(from, from + MAX_ABOUT) });
    },
    async close() {
      await Promise.race([send({ type: 'bye' }), delay(MAX_BYE_MS, undefined, { ref: false })]);
      channel.close();
    },
  };
}

/** 32 bytes in base64. */
function keyOf(targets: readonly Target[]): string {
  const secrets = targets.map(({ url, secret = '' }) => JSON.stringify([url, secret])).toSorted();
  return createHash('sha256')
    .update(`rollcall notify ${JSON.stringify(secrets)}`)
    .digest('base64');
}
