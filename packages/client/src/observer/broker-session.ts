import type { Conversation, Message, Reaction } from '@rollcall/protocol';
import { describeBroker } from '../transport/broker-config.ts';
import { openLink } from '../transport/link.ts';
import type { Link } from '../transport/link.ts';
import { presenceChannel } from '../transport/presence.ts';
import { createPublisher } from '../transport/publisher.ts';
import type { Publisher } from '../transport/publisher.ts';
import type { ConnectionConfig } from '../transport/registry-config.ts';
import { PresenceChannels } from './presence-channels.ts';

/** What a session reports. Each handler gets the session itself last. */
export interface SessionHandlers {
  /** Carries out what follows from something that came. Its messages are for {@link BrokerSession.publish}. */
  readonly react: (reaction: Reaction, event: string, session: BrokerSession) => void;
  /** An event has come on the registry's channel. */
  readonly onEvent: (event: string, data: unknown, session: BrokerSession) => void;
  readonly onConnected: (session: BrokerSession) => void;
  readonly onDisconnected: (session: BrokerSession) => void;
  readonly onRefused: (reason: string, session: BrokerSession) => void;
  /** The broker has accepted the roll call. */
  readonly onRollCallSent: (session: BrokerSession) => void;
  /** The presence channels have reported which instances are running. */
  readonly onResynced: (session: BrokerSession) => void;
  readonly onFault: (error: unknown, session: BrokerSession) => void;
}

/** An observer's connection to one broker of its registry: it carries out the conversation there. */
export class BrokerSession {
  readonly connection: ConnectionConfig;
  /** The broker in words. */
  readonly name: string;
  readonly conversation: Conversation;
  readonly #handlers: SessionHandlers;
  readonly #publisher: Publisher;
  readonly #link: Link;
  readonly #presenceChannels: PresenceChannels;
  #isConnected = false;
  #isResynced = false;

  constructor(
    connection: ConnectionConfig,
    conversation: Conversation,
    holds: (id: string) => boolean,
    handlers: SessionHandlers,
  ) {
    this.connection = connection;
    this.name = describeBroker(connection);
    this.conversation = conversation;
    this.#handlers = handlers;
    this.#publisher = createPublisher(connection);
    this.#link = openLink(connection, {
      onDisconnected: () => this.#disconnected(),
      onRefused: (reason) => handlers.onRefused(reason, this),
    });
    this.#presenceChannels = new PresenceChannels({
      connection,
      link: this.#link,
      publisher: this.#publisher,
      conversation,
      holds,
      isConnected: () => this.#isConnected,
      react: (reaction) => handlers.react(reaction, 'presence', this),
      onFault: (error) => handlers.onFault(error, this),
    });
    this.#link.subscribe(connection.channels.registry, {
      onSubscribed: () => this.#subscribed(),
      onEvent: (event, data) => handlers.onEvent(event, data, this),
    });
  }

  /** Whether the registry's channel is subscribed there. */
  get isConnected(): boolean {
    return this.#isConnected;
  }

  /** Whether the presence channels there have once reported which instances are running. */
  get isResynced(): boolean {
    return this.#isResynced;
  }

  /** Follows the presence channel of an instance. */
  join(id: string): void {
    this.#presenceChannels.join(id);
  }

  leave(id: string): void {
    this.#presenceChannels.leave(id);
  }

  /** Asks for everything again that the table lacks, because what was refused is accepted now. */
  relearn(): void {
    if (!this.#isConnected) return;
    this.#presenceChannels.forgetIgnored();
    this.#learn();
  }

  /** Publishes messages one after another. */
  async publish(messages: readonly Message[]): Promise<void> {
    const { channels } = this.connection;
    try {
      for (const { to, event, data } of messages) {
        const channel =
          typeof to === 'object' ? presenceChannel(this.connection, to.id) : channels[to];
        await this.#publisher.publish(channel, event, data, this.#link.socketId);
        if (event === 'rollcall') this.#handlers.onRollCallSent(this);
      }
    } catch (error) {
      this.#handlers.onFault(error, this);
    }
  }

  close(): void {
    this.#isConnected = false;
    this.#presenceChannels.close();
    this.#link.close();
    this.#publisher.close();
  }

  #subscribed(): void {
    this.#isConnected = true;
    this.#learn();
    this.#handlers.onConnected(this);
  }

  #learn(): void {
    this.#handlers.react(this.conversation.subscribed(performance.now()), '', this);
    void this.#presenceChannels.resync().then(() => {
      this.#isResynced = true;
      this.#handlers.onResynced(this);
    });
  }

  #disconnected(): void {
    const wasConnected = this.#isConnected;
    this.#isConnected = false;
    this.#handlers.react(this.conversation.disconnected(performance.now()), '', this);
    if (wasConnected) this.#handlers.onDisconnected(this);
  }
}
