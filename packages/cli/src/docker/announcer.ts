import { setTimeout as delay } from 'node:timers/promises';
import type { Registration } from '@rollcall/client';
import { errorMessage } from '@rollcall/runtime';
import type { Logger } from '@rollcall/runtime';
import type { Container } from './container.ts';
import type { Announced, ContainerVerdict } from './judge-container.ts';

type Announcement = Announced['announcement'];

export interface AnnouncerOptions {
  readonly register: (announcement: Announcement) => Promise<Registration>;
  /** Resolves when the instance answers; false if it is aborted before. */
  readonly untilServed: (announcement: Announcement, signal: AbortSignal) => Promise<boolean>;
  readonly logger: Logger;
}

/** A service of a container that is announced, or will be once it answers. */
interface Held extends Announced {
  /** The name of its container. */
  readonly container: string;
  readonly withdrawal: AbortController;
  readonly registering: Promise<Registration | undefined>;
}

const MIN_RETRY_MS = 1000;
const MAX_RETRY_MS = 30_000;

/** Announces the services of containers, each as long as the verdict on its container says so. */
export class Announcer {
  readonly #options: AnnouncerOptions;
  readonly #held = new Map<string, Map<string, Held>>();
  /** What leaves, by the id of the instance: the next run of it has to wait for that. */
  readonly #leaving = new Map<string, Promise<void>>();
  /** What was last reported of each container, so that nothing is reported twice. */
  readonly #reported = new Map<string, string>();

  constructor(options: AnnouncerOptions) {
    this.#options = options;
  }

  /** The number of services that are announced, or will be once they answer. */
  get size(): number {
    return [...this.#held.values()].reduce((sum, services) => sum + services.size, 0);
  }

  /** Announces what the verdict on a container says, and withdraws the rest. */
  apply({ id, name, status }: Container, verdict: ContainerVerdict): void {
    const { announced, faults, reason } = verdict;
    const why = reason ?? (faults.join('; ') || 'it is reached elsewhere now');
    const held = this.#held.get(id) ?? new Map<string, Held>();
    this.#held.set(id, held);
    const wanted = new Map(announced.map((each) => [each.announcement.id, each]));
    const gone = [...held].filter(([key, each]) => !isSamePlace(each, wanted.get(key)));
    for (const [key, each] of gone) this.#withdraw(held, key, each, why);
    for (const [key, each] of wanted) if (!held.has(key)) held.set(key, this.#announce(each, name));
    if (held.size === 0) this.#held.delete(id);
    // A withdrawal is logged with its reason.
    if (gone.length > 0 && reason !== undefined) this.#reported.set(id, reason);
    else this.#report(id, name, faults, status === 'running' ? reason : undefined);
  }

  /** The container is gone. */
  remove(id: string): void {
    this.#reported.delete(id);
    const held = this.#held.get(id);
    if (held === undefined) return;
    for (const [key, each] of held) this.#withdraw(held, key, each, 'it is gone');
    this.#held.delete(id);
  }

  #announce(announced: Announced, container: string): Held {
    const { announcement, by } = announced;
    const withdrawal = new AbortController();
    const { signal } = withdrawal;
    const { prefix, address, port, id } = announcement;
    const registering = (async () => {
      await this.#leaving.get(id);
      if (!(await this.#options.untilServed(announcement, signal))) return undefined;
      this.#options.logger.info(
        { container, prefix: prefix || '/', address, port, by },
        'announcing',
      );
      return this.#options.register(announcement);
    })();
    registering.catch((error: unknown) =>
      this.#options.logger.error({ container, reason: errorMessage(error) }, 'cannot announce'),
    );
    return { ...announced, container, withdrawal, registering };
  }

  #withdraw(held: Map<string, Held>, key: string, one: Held, why: string): void {
    held.delete(key);
    one.withdrawal.abort();
    const leaving = this.#leave(one, why).finally(() => {
      if (this.#leaving.get(key) === leaving) this.#leaving.delete(key);
    });
    this.#leaving.set(key, leaving);
  }

  async #leave(held: Held, why: string): Promise<void> {
    const { announcement, container, registering } = held;
    const { logger } = this.#options;
    // Why it could not be announced was reported.
    const registration = await registering.catch(() => undefined);
    if (registration === undefined) return;
    logger.info({ container, prefix: announcement.prefix || '/', why }, 'withdrawing');
    // As long as it has not left, it is in its presence channel.
    for (let wait = MIN_RETRY_MS; ; wait = Math.min(wait * 2, MAX_RETRY_MS)) {
      try {
        await registration.leave();
        return;
      } catch (error) {
        if (wait === MIN_RETRY_MS)
          logger.error({ container, reason: errorMessage(error) }, 'cannot withdraw yet');
      }
      await delay(wait);
    }
  }

  /** Reports why a container is not announced, unless it was reported. */
  #report(id: string, container: string, faults: readonly string[], reason?: string): void {
    const why = faults.length > 0 ? faults.join('; ') : reason;
    if (this.#reported.get(id) === why) return;
    if (why === undefined) {
      this.#reported.delete(id);
      return;
    }
    this.#reported.set(id, why);
    const level = faults.length > 0 ? 'warn' : 'info';
    this.#options.logger[level]({ container, why }, 'not announced');
  }
}

/** Labels and images of a container never change. Its networks and, when it is started again, its ports may. */
function isSamePlace(held: Announced, wanted: Announced | undefined): boolean {
  const { address, port } = held.announcement;
  return wanted?.announcement.address === address && wanted.announcement.port === port;
}
