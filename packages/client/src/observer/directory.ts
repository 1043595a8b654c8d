import { randomUUID } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { Observer, parsePrefix, versionOf } from '@rollcall/protocol';
import type {
  AddressPolicy,
  Announcement,
  Change,
  Effect,
  Instance,
  Journal,
  Message,
  Peer,
  ProbeRules,
  Probing,
  Reaction,
  Refusal,
  Statement,
  TableEvent,
  Verdict,
} from '@rollcall/protocol';
import type { RegistryConfig } from '../transport/connection.ts';
import { openLink } from '../transport/link.ts';
import type { Link } from '../transport/link.ts';
import { presenceChannel, sealFor } from '../transport/presence.ts';
import { createPublisher } from '../transport/publisher.ts';
import type { Publisher } from '../transport/publisher.ts';
import { atMost } from './at-most.ts';
import { Presences } from './presences.ts';
import { Prober } from './probe.ts';

/** Options of {@link discover}. */
export interface DiscoverOptions {
  /** Default: read from the environment, see `registryFromEnv`. */
  readonly registry?: RegistryConfig;
  /**
   * Answer the roll calls of other observers with this table. For what runs for long, such as a
   * gateway. Default false.
   */
  readonly answersRollCalls?: boolean;
  /**
   * Which instances are asked themselves whether they are well: `always` each, about once a second; those
   * `suspect` ones, because the transport lost sight of them or a request to them failed, the default; or
   * `never`: then doubt alone decides.
   */
  readonly probes?: Probing;
  /** How often they are asked, and what is made of their answers. Default: every 800 ms, see {@link ProbeRules}. */
  readonly probeRules?: Partial<ProbeRules>;
  /** What a gateway calls itself in its roll calls: 1 to 64 of `A-Za-z0-9_.-`. Default: nothing. */
  readonly name?: string;
  /** Who signs the certificates of instances that speak TLS, as PEM. Default: whom Node trusts. */
  readonly instanceCa?: string;
  /** Which announcements are taken. Default: all. */
  readonly policy?: AddressPolicy;
  /** Keeps what came and what was made of it. Default: nobody does. */
  readonly journal?: Journal;
  /** How long the first connection may take, in milliseconds. Default 10 000. */
  readonly timeoutMs?: number;
}

interface DirectoryEvents {
  /** The table has changed: an instance came, went, or is judged otherwise. */
  change: [Change];
  /** Two instances announce themselves under one id. */
  conflict: [Instance, Announcement];
  /** Something has come by the registry's channel: its name is whatever its sender chose. */
  received: [event: string];
  /** An instance was asked whether it is well, or a request has shown it. */
  probed: [verdict: Verdict, by: 'probe' | 'traffic'];
  /** Something on the channel was not accepted. The table is as before. */
  refused: [event: string, refusal: Refusal];
  /** The channel is subscribed, for the first time or again. */
  connected: [];
  /** The subscription ended. Reconnecting goes on until {@link Directory.close}. */
  disconnected: [];
  /** The broker will not serve us, and why; connecting goes on being tried. */
  rejected: [reason: string];
  /** The broker has accepted our roll call. */
  asked: [];
  /** An answer to our roll call has come. */
  answered: [];
  /** A roll call, or the answer to one, could not be published. */
  fault: [Error];
  /** So many of a service were lost sight of at once that our own link is doubted, not they. */
  stale: [prefix: string, instances: number];
  /** The presence channels that the transport knew of have told who is there. */
  resynced: [];
}

const TICK_MS = 50;
/**
 * With 10,000 instances to verify at once, and a connection for each, most timed out and were taken for down.
 * As many as this answer within a tenth of a second, and of those that hang it finds out 250 a second.
 */
const MOST_PROBES = 256;

/** A live table: which instances there are, as this observer knows it. Made by {@link discover}. */
export class Directory extends EventEmitter<DirectoryEvents> {
  readonly #connection: RegistryConfig;
  readonly #publisher: Publisher;
  readonly #link: Link;
  readonly #presences: Presences;
  readonly #observer: Observer;
  readonly #journal: Journal | undefined;
  readonly #ticks: NodeJS.Timeout;
  readonly #prober: Prober;
  readonly #inTurn = atMost(MOST_PROBES);
  #isResynced = false;
  #isConnected = false;
  #isClosed = false;
  #isAnswered = false;

  constructor(connection: RegistryConfig, options: DiscoverOptions) {
    super();
    const { probes = 'suspect', probeRules, answersRollCalls = false } = options;
    const { name, policy, journal } = options;
    this.#prober = new Prober(options.instanceCa, probeRules?.timeoutMs);
    this.#connection = connection;
    this.#journal = journal;
    this.#observer = new Observer({
      probes,
      probeRules,
      answers: answersRollCalls,
      nonce: randomUUID,
      ...(name !== undefined && { name }),
      ...(policy !== undefined && { policy }),
      ...(journal !== undefined && { journal }),
    });
    this.#publisher = createPublisher(connection);
    this.#link = openLink(connection, {
      onDisconnected: () => {
        this.#isConnected = false;
        void this.#react(this.#observer.disconnected(performance.now()));
        this.emit('disconnected');
      },
      onRefused: (reason) => this.emit('rejected', reason),
    });
    this.#presences = new Presences({
      connection,
      link: this.#link,
      publisher: this.#publisher,
      observer: this.#observer,
      isConnected: () => this.#isConnected,
      react: (reaction, event) => void this.#react(reaction, event),
      onFault: (error) => this.#fault(error),
    });
    this.#link.subscribe(connection.channels.registry, {
      onSubscribed: () => {
        this.#isConnected = true;
        void this.#react(this.#observer.subscribed(performance.now()));
        void this.#presences.resync().then(() => {
          this.#isResynced = true;
          this.emit('resynced');
        });
        this.emit('connected');
      },
      onEvent: (event, data) => {
        this.emit('received', event);
        void this.#react(this.#observer.receive(event, data, performance.now()), event);
      },
    });
    this.#ticks = setInterval(() => {
      void this.#react(this.#observer.tick(performance.now()));
    }, TICK_MS);
  }

  /** Whether the channel is subscribed; while it is not, the table may be out of date. */
  get isConnected(): boolean {
    return this.#isConnected;
  }

  /** The instances of a prefix, in the order they came; or all of them, by prefix. Down ones too. */
  instances(prefix?: string): readonly Instance[] {
    const { table } = this.#observer;
    if (prefix === undefined) return table.all();
    const canonical = parsePrefix(prefix);
    return canonical.ok ? table.instances(canonical.value) : [];
  }

  /**
   * Those of a canonical prefix that may be sent requests: the ones that are up; if none is, those in
   * doubt. The list is the table's own and changes with it.
   */
  routable(prefix: string): readonly Instance[] {
    return this.#observer.table.routable(prefix);
  }

  /** Whether any instance of this canonical prefix was ever heard of, even if all have left. */
  knows(prefix: string): boolean {
    return this.#observer.table.knows(prefix);
  }

  /** Every canonical prefix of which an instance was ever heard of, sorted. */
  prefixes(): readonly string[] {
    return this.#observer.table.prefixes();
  }

  /** The gateways beside this observer, and how their tables stood to this one when they last called the roll. */
  peers(): readonly Peer[] {
    return this.#observer.peers.all(performance.now());
  }

  /** Everything this table could tell another observer, for a snapshot. */
  export(): Statement[] {
    return this.#observer.table.export(performance.now());
  }

  /** Takes in what another observer, or an earlier run of this one, knew. It has to be verified. */
  restore(statements: readonly Statement[]): void {
    void this.#react(this.#observer.restore(statements, performance.now()));
  }

  /** What real traffic to an instance has shown. */
  reportOutcome(key: string, verdict: Verdict): void {
    this.#learn({ type: 'probed', key, verdict, by: 'traffic' });
  }

  /** Has an instance sent nothing new by this observer, until it starts anew or this is undone. */
  drain(key: string, isDrained: boolean): void {
    this.#learn({ type: isDrained ? 'drained' : 'undrained', key });
  }

  /**
   * Resolves when the presence channels have told who is there and a gateway has told what it knows, or
   * when so many milliseconds have passed: to whether a gateway did. Without one, instances that have
   * a lease or are legacy may be missing until they announce themselves again.
   */
  async ready(withinMs: number): Promise<boolean> {
    const signal = AbortSignal.timeout(withinMs);
    const both = [
      this.#isAnswered ? Promise.resolve() : once(this, 'answered', { signal }),
      this.#isResynced ? Promise.resolve() : once(this, 'resynced', { signal }),
    ];
    // Both are waited for, whatever becomes of the other.
    for (const outcome of await Promise.allSettled(both)) {
      if (outcome.status === 'rejected' && !isTimeout(outcome.reason)) throw outcome.reason;
    }
    return this.#isAnswered;
  }

  /** Ends the subscription and all probes. */
  close(): void {
    this.#isClosed = true;
    this.#isConnected = false;
    clearInterval(this.#ticks);
    this.#presences.close();
    this.#link.close();
    this.#publisher.close();
  }

  #learn(event: TableEvent): void {
    void this.#react(this.#observer.learn(event, performance.now()));
    if (event.type === 'probed') this.emit('probed', event.verdict, event.by);
  }

  /** Carries out what the observer makes of something. Messages go out one after another. */
  async #react({ effects, refusals, isAnswer, publish }: Reaction, event = ''): Promise<void> {
    for (const effect of effects) this.#carryOut(effect);
    for (const refusal of refusals) {
      this.#journal?.refuse(event, refusal, performance.now());
      this.emit('refused', event, refusal);
    }
    if (isAnswer) {
      this.#isAnswered = true;
      this.emit('answered');
    }
    try {
      for (const message of publish) {
        const { channel, data } = this.#addressed(message);
        await this.#publisher.publish(channel, message.event, data, this.#link.socketId);
        if (message.event === 'rollcall') this.emit('asked');
      }
    } catch (error) {
      this.#fault(error);
    }
  }

  /** The channel that a message goes to, and what it is there. */
  #addressed({ to, data }: Message): { channel: string; data: unknown } {
    const connection = this.#connection;
    if (typeof to !== 'object') return { channel: connection.channels[to], data };
    return { channel: presenceChannel(connection, to.id), data: sealFor(connection, to.id, data) };
  }

  #fault(error: unknown): void {
    if (this.#isClosed) return;
    this.emit('fault', error instanceof Error ? error : new Error(String(error)));
  }

  #carryOut(effect: Effect): void {
    if (effect.type === 'probe') void this.#probe(effect.instance);
    else if (effect.type === 'conflict')
      this.emit('conflict', effect.instance, effect.announcement);
    else if (effect.type === 'mass-suspicion') this.emit('stale', effect.prefix, effect.instances);
    else this.#changed(effect);
  }

  #changed(change: Change): void {
    const { key, announcement } = change.instance;
    // With a version and no lease, its owner is in a presence channel.
    if (versionOf(announcement) !== undefined && announcement.ttl === undefined) {
      const isGone = change.type === 'left' || change.type === 'forgotten';
      if (isGone) this.#presences.leave(key);
      else this.#presences.join(key);
    }
    this.emit('change', change);
  }

  async #probe({ key, announcement }: Instance): Promise<void> {
    // If it has said something new in the meantime, the table has another probe in mind.
    const isDue = (): boolean =>
      !this.#isClosed && this.#observer.table.get(key)?.announcement === announcement;
    const verdict = await this.#inTurn(async () =>
      isDue() ? this.#prober.probe(announcement) : undefined,
    );
    if (verdict !== undefined && isDue())
      this.#learn({ type: 'probed', key, verdict, by: 'probe' });
  }
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}
