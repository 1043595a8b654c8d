import { setImmediate as turn } from 'node:timers/promises';
import { createBroker } from '@rollcall/broker';
import type { Broker } from '@rollcall/broker';
import type { RegistryConfig } from '@rollcall/client';
import { openLink } from '../../packages/client/src/transport/link.ts';
import type { Link } from '../../packages/client/src/transport/link.ts';
import { createPublisher } from '../../packages/client/src/transport/publisher.ts';
import { vi } from 'vitest';
import { APP, connectionTo } from './connection.ts';
import { deferred } from './deferred.ts';

export interface Heard {
  readonly event: string;
  readonly data: unknown;
}

/** A registry on an embedded broker of its own, with ways to speak and to listen past the product. */
export class TestRegistry {
  readonly connection: RegistryConfig;
  #broker: Broker;
  readonly #closing: (() => unknown)[] = [];

  private constructor(broker: Broker, env: Record<string, string>) {
    this.#broker = broker;
    this.connection = connectionTo(broker.port, env);
  }

  static async start(env: Record<string, string> = {}): Promise<TestRegistry> {
    return new TestRegistry(await createBroker({ apps: [APP] }), env);
  }

  get broker(): Broker {
    return this.#broker;
  }

  /** Ends the broker; what was connected is cut off. */
  async stop(): Promise<void> {
    await this.#broker.close();
  }

  /** Starts it again where it was: it knows nothing of before. */
  async startAgain(): Promise<void> {
    this.#broker = await createBroker({ apps: [APP], port: this.#broker.port });
  }

  /** Has something closed at the end of the test, the latest first. */
  onEnd(close: () => unknown): void {
    this.#closing.unshift(close);
  }

  /** What is published to a channel from now on, in the order it comes. It lasts over reconnects. */
  async hear(channel: string = this.connection.channels.registry): Promise<Heard[]> {
    const heard: Heard[] = [];
    const link = this.link();
    const { promise, resolve } = deferred();
    link.subscribe(channel, {
      onSubscribed: () => resolve(),
      onEvent: (event, data) => heard.push({ event, data }),
    });
    await promise;
    return heard;
  }

  link(): Link {
    const link = openLink(this.connection, {});
    this.onEnd(() => link.close());
    return link;
  }

  async publish(
    event: 'register' | 'exit' | 'rollcall' | 'table',
    data: unknown,
    channel: string = this.connection.channels.registry,
  ): Promise<void> {
    const publisher = createPublisher(this.connection);
    await publisher.publish(channel, event, data);
    publisher.close();
  }

  /** Resolves when all that was published so far has been heard: something said now is heard after it. */
  async settled(heard: Heard[]): Promise<void> {
    const nonce = `settled-${heard.length}`;
    await this.publish('rollcall', { nonce, digest: '' });
    const isIt = ({ data }: Heard): boolean => JSON.stringify(data).includes(nonce);
    await vi.waitUntil(() => heard.some(isIt));
    heard.splice(heard.findIndex(isIt), 1);
    await turn();
  }

  async end(): Promise<void> {
    for (const close of this.#closing.splice(0)) await close();
    await this.#broker.close();
  }
}
