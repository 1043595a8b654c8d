import { randomUUID } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import {
  CHANNEL,
  digestOf,
  EVENTS,
  notIn,
  parseDiscoveryEvent,
  parsePrefix,
  Table,
} from '@rollcall/protocol';
import type {
  Announcement,
  Change,
  EventName,
  Instance,
  Refusal,
  Statement,
  TableEvent,
  Verdict,
} from '@rollcall/protocol';
import { connectionFromEnvironment, describeServer } from './connection.ts';
import type { Connection } from './connection.ts';
import { probe } from './probe.ts';
import { createPublisher, refusedBy, unreachable } from './publisher.ts';
import type { Publisher } from './publisher.ts';
import { subscribe } from './subscriber.ts';
import { inPieces } from './table-pieces.ts';

export interface DiscoverOptions {
  /** Default: read from the environment, see {@link connectionFromEnvironment}. */
  readonly connection?: Connection;
  /**
   * Answer the roll calls of other observers with this table. For what runs for long, such as a
   * gateway. Default false.
   */
  readonly answersRollCalls?: boolean;
  /**
   * Ask instances themselves whether they are well, about once a second each. Without it, an instance
   * that crashed stays in the table until its registrar or its lease tells. Default false.
   */
  readonly probes?: boolean;
  /** How long the first connection may take, in milliseconds. Default 10 000. */
  readonly timeoutMs?: number;
}

interface DirectoryEvents {
  /** The table has changed: an instance came, went, or is judged otherwise. */
  change: [Change];
  /** Two instances announce themselves under one id. */
  conflict: [Instance, Announcement];
  /** Something on the channel was not accepted. The table is as before. */
  refused: [event: EventName, refusal: Refusal];
  /** The channel is subscribed, for the first time or again. */
  connected: [];
  disconnected: [];
  /** The broker will not serve us, and why; connecting goes on being tried. */
  rejected: [reason: string];
  /** An answer to our roll call has come. */
  answered: [];
  /** A roll call, or the answer to one, could not be published. */
  fault: [Error];
}

const FIRST_CONNECTION_MS = 10_000;

/**
 * Listens to the discovery channel and keeps a table of what it tells. Resolves when the channel is
 * subscribed and the broker has accepted a roll call; from then on reconnects are its own affair.
 *
 * @throws RollcallError ROLLCALL_CONFIG, ROLLCALL_BROKER_UNREACHABLE or ROLLCALL_BROKER_REFUSED
 */
export async function discover(options: DiscoverOptions = {}): Promise<Directory> {
  const connection = options.connection ?? connectionFromEnvironment(process.env);
  const directory = new Directory(connection, options);
  try {
    await firstConnection(directory, connection, options.timeoutMs ?? FIRST_CONNECTION_MS);
    await directory.rollCall();
  } catch (error) {
    directory.close();
    throw error;
  }
  directory.on('connected', () => {
    directory.rollCall().catch((error: unknown) => directory.emit('fault', asError(error)));
  });
  return directory;
}

function firstConnection(
  directory: Directory,
  connection: Connection,
  timeoutMs: number,
): Promise<void> {
  const where = describeServer(connection);
  return new Promise((resolve, reject) => {
    const onRejected = (reason: string): void => settle(() => reject(refusedBy(where, reason)));
    const onConnected = (): void => settle(resolve);
    const timer = setTimeout(() => {
      settle(() => reject(unreachable(where, `no connection within ${timeoutMs / 1000} s`)));
    }, timeoutMs);
    function settle(act: () => void): void {
      clearTimeout(timer);
      directory.off('connected', onConnected);
      directory.off('rejected', onRejected);
      act();
    }
    directory.on('connected', onConnected);
    directory.on('rejected', onRejected);
  });
}

const TICK_MS = 50;

/** A live table: which instances there are, as this observer knows it. Made by {@link discover}. */
export class Directory extends EventEmitter<DirectoryEvents> {
  readonly #publisher: Publisher;
  readonly #subscription: { close: () => void };
  readonly #answersRollCalls: boolean;
  readonly #table: Table;
  readonly #ticks: NodeJS.Timeout;
  #isConnected = false;
  /** The nonce of our latest roll call. */
  #asked = '';
  #isAnswered = false;

  constructor(connection: Connection, options: DiscoverOptions) {
    super();
    this.#answersRollCalls = options.answersRollCalls ?? false;
    this.#table = new Table({ probes: options.probes ?? false });
    this.#publisher = createPublisher(connection);
    this.#subscription = subscribe(connection, CHANNEL, {
      onSubscribed: () => {
        this.#isConnected = true;
        this.#apply({ type: 'link', isUp: true });
        this.emit('connected');
      },
      onDisconnected: () => {
        this.#isConnected = false;
        this.#apply({ type: 'link', isUp: false });
        this.emit('disconnected');
      },
      onRefused: (reason) => this.emit('rejected', reason),
      onEvent: (event, data) => this.#receive(event, data),
    });
    this.#ticks = setInterval(() => this.#apply({ type: 'tick' }), TICK_MS);
  }

  /** Whether the channel is subscribed; while it is not, the table may be out of date. */
  get isConnected(): boolean {
    return this.#isConnected;
  }

  /** The instances of a prefix, in the order they came; or all of them, by prefix. Down ones too. */
  instances(prefix?: string): readonly Instance[] {
    if (prefix === undefined) return this.#table.all();
    const canonical = parsePrefix(prefix);
    return canonical.ok ? this.#table.instances(canonical.value) : [];
  }

  /**
   * Those of a canonical prefix that may be sent requests: the ones that are up; if none is, those in
   * doubt. The list is the table's own and changes with it.
   */
  routable(prefix: string): readonly Instance[] {
    return this.#table.routable(prefix);
  }

  /** Whether any instance of this canonical prefix was ever heard of, even if all have left. */
  knows(prefix: string): boolean {
    return this.#table.knows(prefix);
  }

  /** Everything this table could tell another observer, for a snapshot. */
  statements(): Statement[] {
    return this.#table.statements(performance.now());
  }

  /** Takes in what another observer, or an earlier run of this one, knew. It has to be verified. */
  recall(statements: readonly Statement[]): void {
    for (const statement of statements) this.#apply({ type: 'told', statement });
  }

  /** What real traffic to an instance has shown. */
  witness(key: string, verdict: Verdict): void {
    this.#apply({ type: 'probed', key, verdict });
  }

  /** Asks the others that have a table for what is not in ours. Resolves when the broker has accepted the question. */
  async rollCall(): Promise<void> {
    this.#asked = randomUUID();
    const digest = digestOf(this.statements());
    await this.#publisher.publish('rollcall', { nonce: this.#asked, digest });
  }

  /** Resolves to whether an answer to a roll call has come within so many milliseconds. */
  async answered(withinMs: number): Promise<boolean> {
    if (this.#isAnswered) return true;
    try {
      await once(this, 'answered', { signal: AbortSignal.timeout(withinMs) });
      return true;
    } catch (error) {
      if (isAbort(error)) return false;
      throw error;
    }
  }

  close(): void {
    this.#isConnected = false;
    clearInterval(this.#ticks);
    this.#subscription.close();
    this.#publisher.close();
  }

  #receive(name: string, data: unknown): void {
    if (!isEventName(name)) return;
    const parsed = parseDiscoveryEvent(name, data);
    if (!parsed.ok) {
      this.emit('refused', name, parsed.refusal);
      return;
    }
    const event = parsed.value;
    switch (event.type) {
      case 'register':
      case 'exit': {
        const left = event.type === 'exit';
        this.#apply({ type: 'heard', statement: { announcement: event.announcement, left } });
        break;
      }
      case 'rollcall':
        if (this.#answersRollCalls && event.nonce !== this.#asked) void this.#answer(event);
        break;
      case 'table':
        // Not only answers to our own question: what is news to another may be news to us.
        this.recall(event.statements);
        event.refusals.forEach((refusal) => this.emit('refused', name, refusal));
        if (event.nonce !== this.#asked) return;
        this.#isAnswered = true;
        this.emit('answered');
        break;
    }
  }

  #apply(event: TableEvent): void {
    for (const effect of this.#table.apply(event, performance.now())) {
      if (effect.type === 'probe') void this.#probe(effect.instance);
      else if (effect.type === 'conflict')
        this.emit('conflict', effect.instance, effect.announcement);
      else this.emit('change', effect);
    }
  }

  async #probe({ key, announcement }: Instance): Promise<void> {
    const verdict = await probe(announcement);
    // If it has said something new in the meantime, the table has another probe in mind.
    if (this.#table.get(key)?.announcement === announcement) this.witness(key, verdict);
  }

  async #answer({ nonce, digest }: { nonce: string; digest: string }): Promise<void> {
    try {
      for (const piece of inPieces(nonce, notIn(digest, this.statements()))) {
        await this.#publisher.publish('table', piece);
      }
    } catch (error) {
      this.emit('fault', asError(error));
    }
  }
}

function isEventName(name: string): name is EventName {
  return EVENTS.some((each) => each === name);
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
