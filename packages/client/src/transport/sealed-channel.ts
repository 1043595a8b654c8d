import { isSealed, seal, unseal } from './seal.ts';
import { openLink } from './link.ts';
import type { Link } from './link.ts';
import { createPublisher } from './publisher.ts';
import type { Publisher } from './publisher.ts';
import { connectionsOf } from './registry-config.ts';
import type { RegistryConfig } from './registry-config.ts';

/** The event of every message on a sealed channel. */
const SEALED_EVENT = 'sealed';
/** Every broker delivers a message. More than come while one of them is slow. */
const MAX_REMEMBERED = 1000;

/** What a sealed channel is opened with. */
export interface SealedChannelOptions {
  /** The name of the channel, without a prefix for encryption. */
  readonly name: string;
  /** 32 bytes in base64, which only the programs on this channel have. */
  readonly key: string;
  /** The channel is subscribed at a broker, now and again after each reconnect. Messages in between are lost there. */
  readonly onSubscribed: () => void;
  /** The connection to the last broker is lost. It is made again until the channel is closed. */
  readonly onDisconnected: () => void;
  /** Receives what another program has published, decrypted, once for all brokers. */
  readonly onMessage: (data: unknown) => void;
  /** A message is not sealed with the key. */
  readonly onUnreadable: () => void;
}

/** A channel whose messages only the holders of a key can read and write. The registry's own secrets do not matter. */
export interface SealedChannel {
  /**
   * Resolves when a broker has accepted the message.
   * @throws RollcallError ROLLCALL_BROKER_UNREACHABLE or ROLLCALL_BROKER_REFUSED
   */
  publish(data: unknown): Promise<void>;
  /** Leaves the channel and closes its connections. */
  close(): void;
}

/** Opens a sealed channel at every broker of a registry, on connections of its own. */
export function openSealedChannel(
  registry: RegistryConfig,
  { name, key, onSubscribed, onDisconnected, onMessage, onUnreadable }: SealedChannelOptions,
): SealedChannel {
  const envelope = { event: SEALED_EVENT, channel: name };
  const seen = new Set<string>();
  const sides: { readonly publisher: Publisher; readonly link: Link }[] = [];
  for (const connection of connectionsOf(registry)) {
    const link = openLink(connection, {
      onDisconnected() {
        if (sides.every((each) => each.link.socketId === undefined)) onDisconnected();
      },
    });
    sides.push({ publisher: createPublisher(connection), link });
    link.subscribe(name, {
      onSubscribed: () => onSubscribed(),
      onEvent(event, sealed) {
        if (event === SEALED_EVENT && !isRepeated(sealed)) receive(sealed);
      },
    });
  }

  /** Whether another broker has delivered a message. A sender uses a nonce for one message only. */
  function isRepeated(sealed: unknown): boolean {
    return isSealed(sealed) && seen.has(sealed.nonce);
  }

  function receive(sealed: unknown): void {
    const data = unseal(envelope, key, sealed);
    if (data === undefined) {
      onUnreadable();
      return;
    }
    if (sides.length > 1 && isSealed(sealed)) remember(sealed.nonce);
    onMessage(data);
  }

  /** Only what could be read, so that nothing else can take the place of a message. */
  function remember(nonce: string): void {
    seen.add(nonce);
    if (seen.size <= MAX_REMEMBERED) return;
    const [oldest] = seen;
    if (oldest !== undefined) seen.delete(oldest);
  }

  return {
    async publish(data) {
      const sealed = seal(envelope, key, data);
      const published = sides.map(({ publisher, link }) =>
        publisher.publish(name, SEALED_EVENT, sealed, link.socketId),
      );
      await Promise.any(published).catch(() => published[0]);
    },
    close() {
      for (const { publisher, link } of sides) {
        link.close();
        publisher.close();
      }
    },
  };
}
