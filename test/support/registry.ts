import { setImmediate as turn } from 'node:timers/promises';
import { createBroker } from '@rollcall/broker';
import type { Broker } from '@rollcall/broker';
import type { RegistryConfig } from '@rollcall/client';
import { openLink } from '../../packages/client/src/transport/link.ts';
import type { Link } from '../../packages/client/src/transport/link.ts';
import { createPublisher } from '../../packages/client/src/transport/publisher.ts';
import { vi } from 'vitest';
import { APP, connectionTo, onlyConnection } from './connection.ts';
import { deferred } from './deferred.ts';
import { freePort } from './free-port.js';

export interface Heard {
  readonly event: string;
  readonly data: unknown;
}

/** A registry on its own embedded broker, with direct access to its channels. */
export class TestRegistry {
  readonly connection: RegistryConfig;
  #broker: Broker;
  readonly #closing: (() => unknown)[] = [];

  private constructor(broker: Broker, env: Record<string, string>) {
    this.#broker = broker;
    this.connection = connectionTo(broker.port, env);
  }

  static async start(env: Record<string, string> = {}): Promise<TestRegistry> {
    return new TestRegistry(await createBroker({ apps: [APP], port: await freePort() }), env);
  }

  get broker(): Broker {
    return this.#broker;
  }

  /** Stops the broker, which closes all connections. */
  async stop(): Promise<void> {
    await this.#broker.close();
  }

  /** Starts an empty broker on the same port. */
  async startAgain(): Promise<void> {
    this.#broker = await createBroker({ apps: [APP], port: this.#broker.port });
  }

  /** Closes something at the end of the test, in reverse order. */
  onEnd(close: () => unknown): void {
    this.#closing.unshift(close);
  }

  /** Collects the messages of a channel from now on, across reconnections. */
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
    const link = openLink(onlyConnection(this.connection), {});
    this.onEnd(() => link.close());
    return link;
  }

  async publish(
    event: 'register' | 'exit' | 'rollcall' | 'table',
    data: unknown,
    channel: string = this.connection.channels.registry,
  ): Promise<void> {
    const publisher = createPublisher(onlyConnection(this.connection));
    await publisher.publish(channel, event, data);
    publisher.close();
  }

  /** Resolves when everything published so far has been received, by publishing one more message. */
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
