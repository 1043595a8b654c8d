import { EventEmitter, once } from 'node:events';
import { instanceKey, isEventName, parsePrefix, versionOf } from '@rollcall/protocol';
import type {
  Announcement,
  Change,
  Effect,
  Instance,
  Journal,
  Observer,
  Peer,
  Reaction,
  Statement,
  TableEvent,
  Verdict,
} from '@rollcall/protocol';
import type { RegistryConfig } from '../transport/registry-config.ts';
import { openLink } from '../transport/link.ts';
import type { Link } from '../transport/link.ts';
import { presenceChannel } from '../transport/presence.ts';
import { createPublisher } from '../transport/publisher.ts';
import type { Publisher } from '../transport/publisher.ts';
import { createObserver } from './create-observer.ts';
import type { DirectoryEvents } from './directory-events.ts';
import type { DiscoverOptions } from './discover-options.ts';
import { Inbox } from './inbox.ts';
import { PresenceChannels } from './presence-channels.ts';
import { ProbeQueue } from './probe-queue.ts';
import { Prober } from './probe.ts';

const TICK_MS = 50;

/** An instance that is named by a configuration. */
export interface ConfiguredInstance extends Pick<
  Announcement,
  'address' | 'port' | 'scheme' | 'health'
> {
  /** The URL that the configuration names. Several instances may have one, whose host is a DNS name. */
  readonly url: string;
}

/** A live table of the instances of a registry. Made by {@link discover}. */
export class Directory extends EventEmitter<DirectoryEvents> {
  readonly #registry: RegistryConfig;
  readonly #publisher: Publisher;
  readonly #link: Link;
  readonly #presenceChannels: PresenceChannels;
  readonly #observer: Observer;
  readonly #inbox: Inbox;
  readonly #journal: Journal | undefined;
  readonly #timer: NodeJS.Timeout;
  readonly #probeQueue: ProbeQueue;
  #isResynced = false;
  #isConnected = false;
  #isClosed = false;
  #isAnswered = false;

  constructor(registry: RegistryConfig, options: DiscoverOptions) {
    super();
    this.#registry = registry;
    this.#journal = options.journal;
    this.#observer = createObserver(registry, options);
    this.#inbox = new Inbox({
      take: (event, data, now) => void this.#react(this.#observer.receive(event, data, now), event),
      onDropped: (why) => this.emit('dropped', why),
    });
    this.#probeQueue = new ProbeQueue({
      prober: new Prober(options.instanceCa, options.probeRules?.timeoutMs),
      isDue: (key, announcement) =>
        !this.#isClosed && this.#observer.table.get(key)?.announcement === announcement,
      onProbed: (key, probed, isFirst) => {
        this.#learn({ type: 'probed', key, ...probed });
        if (isFirst) this.emit('probed', probed.verdict, probed.by);
      },
    });
    this.#publisher = createPublisher(registry);
    this.#link = openLink(registry, {
      onDisconnected: () => this.#disconnected(),
      onRefused: (reason) => this.emit('rejected', reason),
    });
    this.#presenceChannels = new PresenceChannels({
      registry,
      link: this.#link,
      publisher: this.#publisher,
      observer: this.#observer,
      isConnected: () => this.#isConnected,
      react: (reaction, event) => void this.#react(reaction, event),
      onFault: (error) => this.#fault(error),
    });
    this.#link.subscribe(registry.channels.registry, {
      onSubscribed: () => this.#subscribed(),
      onEvent: (event, data) => this.#received(event, data),
    });
    this.#timer = setInterval(() => {
      void this.#react(this.#observer.tick(performance.now()));
    }, TICK_MS);
  }

  /** Whether the channel is subscribed. While it is not, the table may be out of date. */
  get isConnected(): boolean {
    return this.#isConnected;
  }

  /**
   * The instances of a prefix, in the order in which they registered, or all instances, by prefix. It includes
   * suspect and down ones, and none if the prefix is unknown.
   */
  instances(prefix?: string): readonly Instance[] {
    const { table } = this.#observer;
    if (prefix === undefined) return table.all();
    const canonical = parsePrefix(prefix);
    return table.instances(canonical.ok ? canonical.value : prefix);
  }

  /** All instances, including each one that shares its address and port with another, which represents both. */
  entries(): readonly Instance[] {
    return this.#observer.table.entries();
  }

  /**
   * The instances of a canonical prefix that receive traffic: the healthy ones, or the suspect ones if none is
   * healthy, without draining ones. The list is the table's own and changes with it.
   */
  routable(prefix: string): readonly Instance[] {
    return this.#observer.table.routable(prefix);
  }

  /** Whether this canonical prefix has an instance, or had one until shortly. */
  knows(prefix: string): boolean {
    return this.#observer.table.knows(prefix);
  }

  /** Every canonical prefix that has an instance, or had one until shortly, sorted. */
  prefixes(): readonly string[] {
    return this.#observer.table.prefixes();
  }

  /** The other gateways on the channel, and how their tables differed from this one at their latest roll call. */
  peers(): readonly Peer[] {
    return this.#observer.peers.all(performance.now());
  }

  /** Everything that the table holds, instances and exits, for a snapshot. {@link restore} takes it in. */
  export(): Statement[] {
    return this.#observer.table.export(performance.now());
  }

  /** Takes in what another observer, or an earlier run of this one, exported. New instances are suspect until a probe succeeds. */
  restore(statements: readonly Statement[]): void {
    void this.#react(this.#observer.restore(statements, performance.now()));
  }

  /**
   * Reports how a request to an instance ended, which counts as a probe.
   * @param at when it did, on the clock of `performance.now()`. Default: now
   */
  reportOutcome(key: string, verdict: Verdict, at?: number): void {
    this.#learn({ type: 'probed', key, verdict, by: 'traffic', at });
    // A time comes with a summary of many requests.
    if (at === undefined) this.emit('probed', verdict, 'traffic');
  }

  /** Starts or ends the draining of an instance at this observer. A restart of the instance ends it, too. */
  drain(key: string, isDrained: boolean): void {
    this.#learn({ type: isDrained ? 'drained' : 'undrained', key });
  }

  /** Forgets an instance at this observer, until its owner announces it, or another observer reports it. */
  forget(key: string): void {
    this.#learn({ type: 'dismissed', key });
  }

  /** Forgets a prefix without instances at this observer, until an instance is announced there. */
  forgetPrefix(prefix: string): void {
    this.#learn({ type: 'prefix-dismissed', prefix });
  }

  /**
   * Resolves when the presence channels have reported which instances are running and a gateway has sent its
   * table, or after a time. It resolves to whether a gateway has. Without a gateway, instances with a lease and
   * legacy instances may be missing until they announce themselves again.
   * @param withinMs the time in milliseconds
   */
  async ready(withinMs: number): Promise<boolean> {
    const signal = AbortSignal.timeout(withinMs);
    const both = [
      this.#isAnswered ? Promise.resolve() : once(this, 'rollcall-answered', { signal }),
      this.#isResynced ? Promise.resolve() : once(this, 'resynced', { signal }),
    ];
    // Waits for both, even if one times out.
    await Promise.allSettled(both);
    return this.#isAnswered;
  }

  /** Ends the subscription and all probes. */
  close(): void {
    this.#isClosed = true;
    this.#isConnected = false;
    clearInterval(this.#timer);
    this.#inbox.close();
    this.#presenceChannels.close();
    this.#link.close();
    this.#publisher.close();
  }

  /**
   * Replaces the instances of a name that are configured and do not announce themselves. They are probed as others are, and
   * never passed on to other observers.
   * @param name takes the place of the prefix: one that no instance can announce
   * @param why they are removed that are not among these, as a clause for people
   */
  configure(name: string, instances: readonly ConfiguredInstance[], why: string): void {
    const before = this.#observer.table.instances(name);
    const added = instances.map(({ url, ...fields }) => ({
      url,
      announcement: { ...fields, prefix: name },
    }));
    for (const each of added) this.#learn({ type: 'configured', ...each });
    const kept = new Set(added.map(({ announcement }) => instanceKey(announcement)));
    for (const { key } of before)
      if (!kept.has(key)) this.#learn({ type: 'unconfigured', key, why });
  }

  #subscribed(): void {
    this.#isConnected = true;
    void this.#react(this.#observer.subscribed(performance.now()));
    void this.#presenceChannels.resync().then(() => {
      this.#isResynced = true;
      this.emit('resynced');
    });
    this.emit('connected');
  }

  #received(event: string, data: unknown): void {
    this.emit('received', event);
    if (isEventName(event)) this.#inbox.add(event, data);
  }

  #disconnected(): void {
    this.#isConnected = false;
    void this.#react(this.#observer.disconnected(performance.now()));
    this.emit('disconnected');
  }

  #learn(event: TableEvent): void {
    void this.#react(this.#observer.learn(event, performance.now()));
  }

  /** Carries out a reaction of the observer. Messages are published one after another. */
  async #react({ effects, refusals, isAnswer, publish }: Reaction, event = ''): Promise<void> {
    for (const effect of effects) this.#carryOut(effect);
    for (const refusal of refusals) {
      this.#journal?.refuse(event, refusal, performance.now());
      this.emit('refused', event, refusal);
    }
    if (isAnswer) {
      this.#isAnswered = true;
      this.emit('rollcall-answered');
    }
    try {
      for (const message of publish) {
        const { to, event, data } = message;
        const channel =
          typeof to === 'object'
            ? presenceChannel(this.#registry, to.id)
            : this.#registry.channels[to];
        await this.#publisher.publish(channel, event, data, this.#link.socketId);
        if (event === 'rollcall') this.emit('rollcall-sent');
      }
    } catch (error) {
      this.#fault(error);
    }
  }

  #fault(error: unknown): void {
    if (this.#isClosed) return;
    this.emit('fault', error instanceof Error ? error : new Error(String(error)));
  }

  #carryOut(effect: Effect): void {
    if (effect.type === 'probe') void this.#probeQueue.add(effect);
    else if (effect.type === 'conflict')
      this.emit('conflict', effect.instance, effect.announcement);
    else if (effect.type === 'prefix-forgotten')
      this.emit('prefix-forgotten', effect.prefix, effect.why);
    else if (effect.type === 'mass-suspicion')
      this.emit('mass-suspicion', effect.prefix, effect.instances);
    else this.#changed(effect);
  }

  #changed(change: Change): void {
    const { key, announcement } = change.instance;
    // The owner of a versioned instance without a lease is in its presence channel.
    if (versionOf(announcement) !== undefined && announcement.ttl === undefined) {
      const isGone = change.type === 'left' || change.type === 'forgotten';
      if (isGone) this.#presenceChannels.leave(key);
      else this.#presenceChannels.join(key);
    }
    this.emit('change', change);
  }
}
