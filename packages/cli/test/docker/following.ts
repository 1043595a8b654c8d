import { vi, expect } from 'vitest';
import type { Registration } from '@rollcall/client';
import type { Logger } from '@rollcall/runtime';
import { Announcer } from '../../src/docker/announcer.ts';
import { ContainerWatch } from '../../src/docker/container-watch.ts';
import type { ContainerWatchOptions } from '../../src/docker/container-watch.ts';
import { Engine } from '../../src/docker/engine.ts';
import { judgeContainer } from '../../src/docker/judge-container.ts';
import { FakeEngine } from './fake-engine.ts';

/** More than a test takes, so that nothing is read again by itself. */
const NEVER_MS = 600_000;

/** A fake engine, and what follows it. It registers nothing, and notes what it would. */
export class Following {
  readonly engine: FakeEngine = new FakeEngine();
  /** The instances that are announced, by the digit of their containers. */
  announced: string[] = [];
  /** Each registration, such as `+a`, and each withdrawal, such as `-a`. */
  readonly happened: string[] = [];
  /** Lines such as `error cannot follow the engine {...}`. */
  readonly log: string[] = [];
  /** What the withdrawal of an instance waits for. */
  leave: () => Promise<void> = () => Promise.resolve();
  readonly #ending = new AbortController();
  #running: Promise<void> | undefined;

  static async start(): Promise<Following> {
    const following = new Following();
    await following.engine.start();
    return following;
  }

  follow({
    rereadMs = NEVER_MS,
    onConnected,
  }: Pick<Partial<ContainerWatchOptions>, 'rereadMs' | 'onConnected'> = {}): void {
    const logger = this.#logger();
    const announcer = new Announcer({
      register: ({ id }) => this.#register(id.charAt('docker-'.length)),
      untilServed: (_announcement, signal) => Promise.resolve(!signal.aborted),
      logger,
    });
    const rules = { hostAddress: '10.0.0.5', host: 'host-5' };
    const watch = new ContainerWatch({
      engine: new Engine({ socketPath: this.engine.socketPath }),
      onContainer: (container, isStopping) =>
        announcer.apply(container, judgeContainer(container, isStopping, rules)),
      onGone: (id) => announcer.remove(id),
      logger,
      rereadMs,
      ...(onConnected !== undefined && { onConnected }),
    });
    this.#running = watch.run(this.#ending.signal);
  }

  /** Settles when it no longer follows the engine. */
  get ended(): Promise<void> | undefined {
    return this.#running;
  }

  async end(): Promise<void> {
    this.#ending.abort();
    await this.#running?.catch(() => {});
    await this.engine.end();
  }

  /** The errors in the log. */
  get errors(): string[] {
    return this.log.filter((line) => line.startsWith('error'));
  }

  areAnnounced(...digits: string[]): Promise<void> {
    return vi.waitFor(() => expect(this.announced.toSorted()).toEqual(digits));
  }

  /** Runs one more container. Once that is announced, what happened before has been looked at. */
  async caughtUp(): Promise<void> {
    this.engine.run('f');
    await vi.waitFor(() => expect(this.announced).toContain('f'));
  }

  #register(digit: string): Promise<Registration> {
    this.happened.push(`+${digit}`);
    this.announced.push(digit);
    const leave = async (): Promise<void> => {
      await this.leave();
      this.happened.push(`-${digit}`);
      this.announced = this.announced.filter((each) => each !== digit);
    };
    return Promise.resolve({ leave } as Registration);
  }

  #logger(): Logger {
    const write = (level: string) => (fields: unknown, message?: string) =>
      this.log.push(`${level} ${message ?? ''} ${JSON.stringify(fields)}`);
    const levels = ['debug', 'info', 'warn', 'error'];
    return Object.fromEntries(levels.map((level) => [level, write(level)])) as unknown as Logger;
  }
}
