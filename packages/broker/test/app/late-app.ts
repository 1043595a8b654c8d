import type { SignedMember, User } from '@rollcall/protocol/pusher';
import type {
  App,
  AppSize,
  ChannelStates,
  ClientEvent,
  Publication,
  SignIn,
  SubscribeResult,
  Subscription,
} from '../../src/app/app.ts';
import type { CachedEvent } from '../../src/app/event-cache.ts';
import type { Connection } from '../../src/app/connection.ts';
import type { Counters } from '../../src/app/counters.ts';
import type { LocalApp } from '../../src/app/local-app.ts';
import type { AppOptions } from '../../src/settings/options.ts';

/** Resolves when a call about a channel, or a user, may take effect. If it rejects, so does the call. */
export type Delay = (subject: string) => Promise<void>;

/** An app that answers later, as one does that asks a store: calls about one channel in order, others in any order. */
export class LateApp implements App {
  readonly counters: Counters;
  readonly #app: LocalApp;
  readonly #delay: Delay;
  /** The last call about each channel or user. */
  readonly #last = new Map<string, Promise<unknown>>();

  constructor(app: LocalApp, delay: Delay) {
    this.counters = app.counters;
    this.#app = app;
    this.#delay = delay;
  }

  get options(): AppOptions {
    return this.#app.options;
  }

  get size(): AppSize {
    return this.#app.size;
  }

  get hasRoom(): boolean {
    return this.#app.hasRoom;
  }

  configure(options: AppOptions): void {
    this.#app.configure(options);
  }

  connectionOpened(): void {
    this.#app.connectionOpened();
  }

  connectionClosed(): void {
    this.#app.connectionClosed();
  }

  subscribe(subscription: Subscription): Promise<SubscribeResult> {
    return this.#later(subscription.channel, () => this.#app.subscribe(subscription));
  }

  unsubscribe(channel: string, connection: Connection): void {
    this.#app.unsubscribe(channel, connection);
  }

  async publish(publications: readonly Publication[]): Promise<void> {
    const deliveries = publications.flatMap((publication) =>
      publication.channels.map((channel) =>
        this.#later(channel, () => this.#app.publish([{ ...publication, channels: [channel] }])),
      ),
    );
    await Promise.all(deliveries);
  }

  relay(event: ClientEvent): Promise<void> {
    return this.#later(event.channel, () => this.#app.relay(event));
  }

  signIn(signIn: SignIn): Promise<void> {
    return this.#later(signIn.user.id, () => this.#app.signIn(signIn));
  }

  signOut(user: User, connection: Connection): void {
    this.#app.signOut(user, connection);
  }

  terminateConnections(userId: string): Promise<void> {
    return this.#later(userId, () => this.#app.terminateConnections(userId));
  }

  channelsNamed(names: readonly string[]): Promise<ChannelStates> {
    return this.#later('', () => this.#app.channelsNamed(names));
  }

  channelsStartingWith(prefix: string): Promise<ChannelStates> {
    return this.#later('', () => this.#app.channelsStartingWith(prefix));
  }

  userIds(channel: string): Promise<readonly string[]> {
    return this.#later('', () => this.#app.userIds(channel));
  }

  members(channel: string): Promise<readonly SignedMember[]> {
    return this.#later(channel, () => this.#app.members(channel));
  }

  lastEvent(channel: string): Promise<CachedEvent | undefined> {
    return this.#later('', () => this.#app.lastEvent(channel));
  }

  async close(): Promise<void> {
    await Promise.all(this.#last.values());
    this.#app.close();
  }

  #later<T>(subject: string, effect: () => T): Promise<T> {
    const before = this.#last.get(subject) ?? Promise.resolve();
    const done = before.then(() => this.#delay(subject)).then(effect);
    this.#last.set(
      subject,
      done.catch(() => {}),
    );
    return done;
  }
}

/** Some microtasks, fewer for some channels than for others, so that later calls overtake earlier ones. */
export async function unevenDelay(subject: string): Promise<void> {
  const turns = subject.charCodeAt(subject.length - 1) % 2 === 0 ? 1 : 20;
  for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
}

/** Lets calls take effect, or fail, when the test says so. */
export class Gate {
  readonly #waiting = new Map<string, { resolve(): void; reject(error: Error): void }>();

  /** The {@link Delay} of a {@link LateApp}. */
  readonly delay: Delay = (subject) =>
    new Promise((resolve, reject) => this.#waiting.set(subject, { resolve, reject }));

  /** Lets the oldest call about a channel or user take effect, and waits for what follows from it. */
  async open(subject: string): Promise<void> {
    (await this.#take(subject)).resolve();
    await settled();
  }

  async fail(subject: string, error: Error): Promise<void> {
    (await this.#take(subject)).reject(error);
    await settled();
  }

  async #take(subject: string): Promise<{ resolve(): void; reject(error: Error): void }> {
    await settled();
    const waiting = this.#waiting.get(subject);
    if (waiting === undefined) throw new Error(`no call about ${subject} is waiting`);
    this.#waiting.delete(subject);
    return waiting;
  }
}

/** Resolves when all promises that could settle have settled. */
export async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
