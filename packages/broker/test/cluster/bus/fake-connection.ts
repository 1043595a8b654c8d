import type {
  Connect,
  Connection,
  ConnectionHandlers,
} from '../../../src/cluster/bus/connection.ts';

/** A call of a connection, which the test answers. */
export interface Call {
  readonly name: string;
  readonly args: unknown;
  readonly resolve: () => void;
  readonly reject: (reason: string) => void;
}

/** An engine whose every answer the test gives. */
export class FakeEngine {
  readonly connections: FakeConnection[] = [];
  readonly attempts: AbortSignal[] = [];
  /** Whether attempts to connect succeed, or wait until they are aborted. */
  accepts = true;

  readonly connect: Connect = (handlers, signal) => {
    this.attempts.push(signal);
    if (this.accepts) {
      const connection = new FakeConnection(handlers);
      this.connections.push(connection);
      return Promise.resolve(connection);
    }
    return new Promise((_, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error));
    });
  };

  get last(): FakeConnection {
    const connection = this.connections.at(-1);
    if (connection === undefined) throw new Error('no connection');
    return connection;
  }
}

export class FakeConnection implements Connection {
  readonly handlers: ConnectionHandlers;
  readonly calls: Call[] = [];
  readonly server = 'fake:1';
  readonly maxBytes = 10;
  isDestroyed = false;

  constructor(handlers: ConnectionHandlers) {
    this.handlers = handlers;
  }

  publish(subject: string, message: string): Promise<unknown> {
    return this.#call('publish', [subject, message]);
  }

  subscribe(subjects: readonly string[]): Promise<unknown> {
    return this.#call('subscribe', subjects);
  }

  unsubscribe(subject: string): Promise<unknown> {
    return this.#call('unsubscribe', subject);
  }

  ping(): Promise<unknown> {
    return this.#call('ping', undefined);
  }

  destroy(): Promise<void> {
    this.isDestroyed = true;
    return Promise.resolve();
  }

  /** Takes the next call of this name that has no answer. */
  take(name: string): Call {
    const index = this.calls.findIndex((call) => call.name === name);
    const [call] = index === -1 ? [] : this.calls.splice(index, 1);
    if (call === undefined) throw new Error(`no call of ${name}`);
    return call;
  }

  #call(name: string, args: unknown): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const fail = (reason: string): void => reject(new Error(reason));
      this.calls.push({ name, args, resolve: () => resolve(undefined), reject: fail });
    });
  }
}
