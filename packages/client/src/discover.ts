import { randomUUID } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import {
  CHANNEL,
  encodeAnnouncement,
  EVENTS,
  parseDiscoveryEvent,
  parsePrefix,
  Table,
} from '@rollcall/protocol';
import type { Announcement, Change, EventName, Instance, Refusal } from '@rollcall/protocol';
import { connectionFromEnvironment, describeServer } from './connection.ts';
import type { Connection } from './connection.ts';
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
  /** How long the first connection may take, in milliseconds. Default 10 000. */
  readonly timeoutMs?: number;
}

interface DirectoryEvents {
  /** The table has changed. */
  change: [Change];
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
  const directory = new Directory(connection, options.answersRollCalls ?? false);
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

/** A live table: which instances there are, as this observer knows it. Made by {@link discover}. */
export class Directory extends EventEmitter<DirectoryEvents> {
  readonly #publisher: Publisher;
  readonly #subscription: { close: () => void };
  readonly #answersRollCalls: boolean;
  readonly #table = new Table();
  #isConnected = false;
  /** The nonce of our latest roll call. */
  #asked = '';
  #isAnswered = false;

  constructor(connection: Connection, answersRollCalls: boolean) {
    super();
    this.#answersRollCalls = answersRollCalls;
    this.#publisher = createPublisher(connection);
    this.#subscription = subscribe(connection, CHANNEL, {
      onSubscribed: () => {
        this.#isConnected = true;
        this.emit('connected');
      },
      onDisconnected: () => {
        this.#isConnected = false;
        this.emit('disconnected');
      },
      onRefused: (reason) => this.emit('rejected', reason),
      onEvent: (event, data) => this.#receive(event, data),
    });
  }

  /** Whether the channel is subscribed; while it is not, the table may be out of date. */
  get isConnected(): boolean {
    return this.#isConnected;
  }

  /** The live instances of a prefix, in the order they came; or all of them, by prefix. */
  instances(prefix?: string): readonly Instance[] {
    if (prefix === undefined) return this.#table.all();
    const canonical = parsePrefix(prefix);
    return canonical.ok ? this.#table.instances(canonical.value) : [];
  }

  /** Whether any instance of this canonical prefix was ever heard of, even if all have left. */
  knows(prefix: string): boolean {
    return this.#table.knows(prefix);
  }

  /** Asks the others that have a table for it. Resolves when the broker has accepted the question. */
  async rollCall(): Promise<void> {
    this.#asked = randomUUID();
    await this.#publisher.publish('rollcall', { nonce: this.#asked });
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
        this.#register(event.announcement);
        break;
      case 'exit':
        this.#changed(this.#table.exit(event.announcement));
        break;
      case 'rollcall':
        if (this.#answersRollCalls && event.nonce !== this.#asked) void this.#answer(event.nonce);
        break;
      case 'table':
        if (event.nonce !== this.#asked) return;
        event.announcements.forEach((announcement) => this.#register(announcement));
        event.refusals.forEach((refusal) => this.emit('refused', name, refusal));
        this.#isAnswered = true;
        this.emit('answered');
        break;
    }
  }

  #register(announcement: Announcement): void {
    this.#changed(this.#table.register(announcement, Date.now()));
  }

  #changed(change: Change | undefined): void {
    if (change !== undefined) this.emit('change', change);
  }

  async #answer(nonce: string): Promise<void> {
    const announcements = this.#table.all().map((each) => encodeAnnouncement(each.announcement));
    try {
      for (const piece of inPieces(announcements)) {
        await this.#publisher.publish('table', { nonce, announcements: piece });
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
