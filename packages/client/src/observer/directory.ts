import { EventEmitter, once } from 'node:events';
import { configuredKey, isEventName, parsePrefix, versionOf } from '@rollcall/protocol';
import type {
  Announcement,
  Change,
  Effect,
  Instance,
  Journal,
  Observer,
  Peer,
  ProbeAttempt,
  Reaction,
  Refusal,
  Statement,
  TableEvent,
  Verdict,
} from '@rollcall/protocol';
import { InstanceTls } from '@rollcall/runtime';
import type { InstanceCredentials, InstanceTlsOptions } from '@rollcall/runtime';
import { connectionsOf } from '../transport/registry-config.ts';
import type { RegistryConfig } from '../transport/registry-config.ts';
import { Judge } from '../trust/judge.ts';
import { BrokerSession } from './broker-session.ts';
import type { SessionHandlers } from './broker-session.ts';
import type { BrokerPresence, BrokerStatus } from './broker-status.ts';
import type { ConfiguredInstance } from './configured-instance.ts';
import { createObserver } from './create-observer.ts';
import type { DirectoryEvents } from './directory-events.ts';
import type { DiscoverOptions, OwnershipConfig } from './discover-options.ts';
import { inStretches } from './in-stretches.ts';
import { Inbox } from './inbox.ts';
import { Pace } from './pace.ts';
import { ProbeQueue } from './probe-queue.ts';
import { Prober } from './probe.ts';

const TICK_MS = 50;

/** A live table of the instances of a registry. Made by {@link discover}. */
export class Directory extends EventEmitter<DirectoryEvents> {
  readonly #sessions: readonly BrokerSession[];
  readonly #observer: Observer;
  readonly #inbox: Inbox<BrokerSession>;
  readonly #journal: Journal | undefined;
  readonly #timer: NodeJS.Timeout;
  readonly #probeQueue: ProbeQueue;
  readonly #registry: string;
  readonly #verified = new WeakSet<Announcement>();
  readonly #closing = new AbortController();
  /** The keys of the instances that are configured, by the name that they have in place of a prefix. */
  readonly #configured = new Map<string, ReadonlySet<string>>();
  #instanceTls: InstanceTls;
  #ownership: OwnershipConfig | undefined;
  #judge: Judge | undefined;
  /** Judges what the table holds by other owners. */
  #reowning: Pace | undefined;
  #isAnswered = false;
  /** Nothing is due meanwhile: the probes of many would take the time that the rest of them needs. */
  #isRestoring = false;

  constructor(registry: RegistryConfig, options: DiscoverOptions) {
    super();
    this.#journal = options.journal;
    this.#registry = registry.channels.registry;
    if (options.ownership !== undefined) this.#judge = this.#judgeBy(options.ownership);
    this.#observer = createObserver(registry, options, this.#judge);
    this.#inbox = new Inbox({
      take: (event, data, now, session) =>
        this.#react(session.conversation.receive(event, data, now), event, session),
      onDropped: (why) => this.emit('dropped', why),
    });
    this.#instanceTls = new InstanceTls({
      ca: options.instanceCa,
      certificate: options.instanceCertificate,
    });
    this.#probeQueue = new ProbeQueue({
      prober: new Prober(
        (announcement) => this.tlsFor(announcement),
        options.probeRules?.timeoutMs,
      ),
      isDue: (key, announcement) =>
        !this.isClosed && this.#observer.table.get(key)?.announcement === announcement,
      onProbed: (key, probed, isFirst) => {
        this.#learn({ type: 'probed', key, ...probed });
        if (isFirst) this.emit('probed', probed.verdict, probed.by);
      },
    });
    this.#sessions = connectionsOf(registry).map(
      (connection, number) =>
        new BrokerSession(
          connection,
          this.#observer.at(number),
          (id) => this.#observer.table.get(id) !== undefined,
          this.#handlers(),
        ),
    );
    this.#timer = setInterval(() => {
      if (!this.#isRestoring) this.#react(this.#observer.tick(performance.now()));
      for (const session of this.#sessions)
        this.#react(session.conversation.tick(performance.now()), '', session);
    }, TICK_MS);
  }

  /** Whether the channel is subscribed at a broker. While it is at none, the table may be out of date. */
  get isConnected(): boolean {
    return this.#sessions.some((session) => session.isConnected);
  }

  /** Whether it was closed. */
  get isClosed(): boolean {
    return this.#closing.signal.aborted;
  }

  /** Aborted by {@link close}. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  /** The brokers of the registry, in the order in which it names them. */
  brokers(): readonly BrokerStatus[] {
    return this.#sessions.map(({ name, isConnected }) => ({ name, isConnected }));
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

  /** What each broker shows of the presence of an instance, in the order of {@link brokers}. */
  presence(key: string): readonly BrokerPresence[] {
    const { table } = this.#observer;
    return this.brokers().map((broker, number) => ({
      ...broker,
      presence: table.sighting(key, number) ?? 'unknown',
    }));
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

  /** Why each instance that would be refused if ownership was enforced would be. None if it is enforced. */
  unproven(): readonly Refusal[] {
    const { table } = this.#observer;
    return table.entries().flatMap(({ key }) => {
      const held = table.statementOf(key);
      return (held !== undefined && this.#judge?.unproven(held.announcement)) || [];
    });
  }

  /** Everything that the table holds, instances and exits, for a snapshot. {@link restore} takes it in. */
  export(): Statement[] {
    return this.#observer.table.export(performance.now());
  }

  /**
   * Takes in what another observer, or an earlier run of this one, exported. New instances are suspect until a probe succeeds.
   * Resolves when all is taken in: of many, the signatures take a while, and the link needs the event loop meanwhile.
   */
  async restore(statements: readonly Statement[]): Promise<void> {
    this.#isRestoring = true;
    const take = (some: readonly Statement[]): void =>
      this.#react(this.#observer.restore(some, performance.now()), 'snapshot');
    const done = inStretches(statements, take, this.closing);
    await done.finally(() => (this.#isRestoring = false));
  }

  /**
   * Reports how a request to an instance ended, which counts as a probe.
   * @param at when it did, on the clock of `performance.now()`. Default: now
   * @param attempt what came of it, of one that failed. Default: the verdict says it all
   */
  reportOutcome(key: string, verdict: Verdict, at?: number, attempt?: ProbeAttempt): void {
    this.#learn({ type: 'probed', key, verdict, by: 'traffic', at, attempt });
    // A time comes with a summary of many requests.
    if (at === undefined) this.emit('probed', verdict, 'traffic');
  }

  /**
   * Returns how a connection to an instance is secured, as options of Node's `tls.connect`, so that it fails unless the
   * certificate proves who the instance is; undefined if the instance does not speak TLS.
   */
  tlsFor(
    announcement: Pick<Announcement, 'address' | 'scheme' | 'tls'>,
  ): InstanceTlsOptions | undefined {
    return this.#instanceTls.optionsFor(announcement);
  }

  /** Replaces what connections to instances trust and show: `instanceCa` and `instanceCertificate`. */
  setInstanceCredentials(credentials: InstanceCredentials): void {
    this.#instanceTls = new InstanceTls(credentials);
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
   * Resolves when the presence channels of every connected broker have reported which instances are running and a gateway has
   * sent its table, or after a time. It resolves to whether a gateway has. Without a gateway, instances with a lease and
   * legacy instances may be missing until they announce themselves again.
   * @param withinMs the time in milliseconds
   */
  async ready(withinMs: number): Promise<boolean> {
    const signal = AbortSignal.timeout(Math.ceil(withinMs));
    const both = [
      this.#isAnswered ? Promise.resolve() : once(this, 'rollcall-answered', { signal }),
      this.#isResynced() ? Promise.resolve() : once(this, 'resynced', { signal }),
    ];
    // Waits for both, even if one times out.
    await Promise.allSettled(both);
    return this.#isAnswered;
  }

  /** Ends the subscription and all probes. */
  close(): void {
    this.#closing.abort();
    this.#judge?.close();
    this.#reowning?.stop();
    clearInterval(this.#timer);
    this.#inbox.close();
    for (const session of this.#sessions) session.close();
  }

  /**
   * Changes who may announce which prefixes. What may not be announced any more is forgotten, and what was refused is learned
   * anew.
   */
  setOwnership(ownership: OwnershipConfig): void {
    if (JSON.stringify(ownership) === JSON.stringify(this.#ownership)) return;
    this.#judge?.close();
    this.#judge = this.#judgeBy(ownership);
    this.#reown(this.#judge);
    for (const session of this.#sessions) session.relearn();
  }

  /**
   * Replaces the instances of a name that are configured and do not announce themselves. They are probed as others are, and
   * never passed on to other observers.
   * @param name the prefix, among whose announced instances they are; or a name in its place that no instance can announce
   * @param why they are removed that are not among these, as a clause for people
   */
  configure(name: string, instances: readonly ConfiguredInstance[], why: string): void {
    const added = instances.map(({ url, ...fields }) => ({
      url,
      announcement: { ...fields, prefix: name },
    }));
    for (const each of added) this.#learn({ type: 'configured', ...each });
    const kept = new Set(added.map(({ announcement }) => configuredKey(announcement)));
    for (const key of this.#configured.get(name) ?? [])
      if (!kept.has(key)) this.#learn({ type: 'unconfigured', key, why });
    this.#configured.set(name, kept);
  }

  #judgeBy(ownership: OwnershipConfig): Judge {
    this.#ownership = ownership;
    const judge = new Judge({
      ...ownership,
      registry: this.#registry,
      verified: this.#verified,
      onUnproven: (refusal) => this.emit('unproven', refusal),
      onExpired: () => this.#reown(judge),
    });
    return judge;
  }

  #reown(judge: Judge): void {
    const steps = this.#observer.reown(judge, () => performance.now());
    this.#reowning?.stop();
    this.#reowning = Pace.through(steps, (reaction) => this.#react(reaction));
  }

  #handlers(): SessionHandlers {
    return {
      react: (reaction, event, session) => this.#react(reaction, event, session),
      onEvent: (event, data, session) => {
        this.emit('received', event);
        if (isEventName(event)) this.#inbox.add(event, data, session);
      },
      onConnected: (session) => {
        const isFirst = this.#connected().length === 1;
        this.emit('broker-connected', session.name);
        if (isFirst) this.emit('connected');
      },
      onDisconnected: ({ name }) => {
        const others = this.#connected();
        this.emit('broker-disconnected', name, others);
        if (others.length === 0) this.emit('disconnected');
      },
      onRefused: (reason, { name }) => this.emit('rejected', reason, name),
      onRollCallSent: ({ name }) => this.emit('rollcall-sent', name),
      onResynced: () => {
        if (this.#isResynced()) this.emit('resynced');
      },
      onFault: (error, { name }) => {
        if (!this.isClosed)
          this.emit('fault', error instanceof Error ? error : new Error(String(error)), name);
      },
    };
  }

  /** The brokers that are connected. */
  #connected(): string[] {
    return this.#sessions.flatMap(({ name, isConnected }) => (isConnected ? [name] : []));
  }

  /** Whether the presence channels have reported which instances are running, of every broker that is connected. */
  #isResynced(): boolean {
    return (
      this.#sessions.some((session) => session.isResynced) &&
      this.#sessions.every((session) => session.isResynced || !session.isConnected)
    );
  }

  #learn(event: TableEvent): void {
    this.#react(this.#observer.learn(event, performance.now()));
  }

  /** Carries out a reaction of the observer. What it publishes is for the broker that it is about, and for no other. */
  #react(
    { effects, refusals, isAnswer, publish }: Reaction,
    event = '',
    session?: BrokerSession,
  ): void {
    for (const effect of effects) this.#carryOut(effect);
    for (const refusal of refusals) {
      this.#journal?.refuse(event, refusal, performance.now());
      this.emit('refused', event, refusal);
    }
    if (isAnswer) {
      this.#isAnswered = true;
      this.emit('rollcall-answered');
    }
    void session?.publish(publish);
  }

  #carryOut(effect: Effect): void {
    if (effect.type === 'probe') void this.#probeQueue.add(effect);
    else if (effect.type === 'conflict')
      this.emit('conflict', effect.instance, effect.announcement);
    else if (effect.type === 'prefix-forgotten')
      this.emit('prefix-forgotten', effect.prefix, effect.why);
    else if (effect.type === 'mass-suspicion')
      this.emit('mass-suspicion', effect.prefix, effect.instances);
    // A finding is published by the conversations of the observer.
    else if (effect.type !== 'finding') this.#changed(effect);
  }

  #changed(change: Change): void {
    const { key, announcement } = change.instance;
    // The owner of a versioned instance without a lease is in its presence channel.
    if (versionOf(announcement) !== undefined && announcement.ttl === undefined) {
      const isGone = change.type === 'left' || change.type === 'forgotten';
      for (const session of this.#sessions)
        if (isGone) session.leave(key);
        else session.join(key);
    }
    this.emit('change', change);
  }
}
