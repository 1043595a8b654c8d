import { openLink } from './link.ts';
import { createPublisher } from './publisher.ts';
import type { RegistryConfig } from './registry-config.ts';
import { seal, unseal } from './seal.ts';

/** The event of every message on a sealed channel. */
const SEALED_EVENT = 'sealed';

/** What a sealed channel is opened with. */
export interface SealedChannelOptions {
  /** The name of the channel, without a prefix for encryption. */
  readonly name: string;
  /** 32 bytes in base64, which only the programs on this channel have. */
  readonly key: string;
  /** The channel is subscribed, now and again after each reconnect. Messages in between are lost. */
  readonly onSubscribed: () => void;
  /** The connection to the server is lost. It is made again until the channel is closed. */
  readonly onDisconnected: () => void;
  /** Receives what another program has published, decrypted. */
  readonly onMessage: (data: unknown) => void;
  /** A message is not sealed with the key. */
  readonly onUnreadable: () => void;
}

/** A channel whose messages only the holders of a key can read and write. The registry's own secrets do not matter. */
export interface SealedChannel {
  /**
   * Resolves when the server has accepted the message.
   * @throws RollcallError ROLLCALL_BROKER_UNREACHABLE or ROLLCALL_BROKER_REFUSED
   */
  publish(data: unknown): Promise<void>;
  /** Leaves the channel and closes its connection. */
  close(): void;
}

/** Opens a sealed channel, on a connection of its own. */
export function openSealedChannel(
  registry: RegistryConfig,
  { name, key, onSubscribed, onDisconnected, onMessage, onUnreadable }: SealedChannelOptions,
): SealedChannel {
  const envelope = { event: SEALED_EVENT, channel: name };
  const publisher = createPublisher(registry);
  const link = openLink(registry, { onDisconnected });
  link.subscribe(name, {
    onSubscribed: () => onSubscribed(),
    onEvent(event, sealed) {
      if (event !== SEALED_EVENT) return;
      const data = unseal(envelope, key, sealed);
      if (data === undefined) onUnreadable();
      else onMessage(data);
    },
  });
  return {
    publish: (data) =>
      publisher.publish(name, SEALED_EVENT, seal(envelope, key, data), link.socketId),
    close() {
      link.close();
      publisher.close();
    },
  };
}
