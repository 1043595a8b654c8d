import type { Bus, BusHandlers } from './bus.ts';
import { PendingListens } from './pending-listens.ts';
import { busUnavailable } from './unavailable.ts';

/** An engine in memory, which joins nodes of one process. */
export class MemoryEngine {
  readonly #buses = new Set<MemoryBus>();
  readonly #defer: (task: () => void) => void;
  #isRunning = true;

  /** @param defer runs a task later, and tasks in order. Acceptance, delivery and links take one turn each. */
  constructor(defer: (task: () => void) => void = queueMicrotask) {
    this.#defer = defer;
  }

  /** Opens the bus of one node. */
  open(handlers: BusHandlers): MemoryBus {
    const bus = new MemoryBus(handlers, {
      isRunning: () => this.#isRunning,
      defer: this.#defer,
      deliver: (subject, message) => {
        for (const each of this.#buses) each.receive(subject, message);
      },
      leave: () => this.#buses.delete(bus),
    });
    this.#buses.add(bus);
    bus.relink('started');
    return bus;
  }

  /** Ends the engine, with all links to it. Messages on their way are lost. */
  stop(): void {
    this.#isRunning = false;
    for (const bus of this.#buses) bus.relink('the engine has stopped');
  }

  start(): void {
    this.#isRunning = true;
    for (const bus of this.#buses) bus.relink('the engine has started');
  }
}

interface Hub {
  isRunning(): boolean;
  defer(task: () => void): void;
  deliver(subject: string, message: string): void;
  leave(): void;
}

/** The bus of one node. Its link can be cut and healed. */
export class MemoryBus implements Bus {
  readonly #handlers: BusHandlers;
  readonly #hub: Hub;
  readonly #subjects = new Set<string>();
  readonly #pending = new PendingListens();
  #isUp = false;
  #isCut = false;
  #isClosed = false;
  /** Numbers the links, so that what was on its way over an earlier one is lost. */
  #link = 0;

  constructor(handlers: BusHandlers, hub: Hub) {
    this.#handlers = handlers;
    this.#hub = hub;
  }

  get server(): string | undefined {
    return this.#isUp ? 'memory' : undefined;
  }

  publish(subject: string, message: string): Promise<void> {
    if (!this.#isUp) return Promise.reject(busUnavailable());
    const link = this.#link;
    return new Promise((resolve, reject) => {
      this.#hub.defer(() => {
        if (link === this.#link) {
          this.#hub.deliver(subject, message);
          resolve();
        } else {
          reject(busUnavailable());
        }
      });
    });
  }

  listen(subject: string): Promise<void> {
    this.#subjects.add(subject);
    if (this.#isUp || this.#isClosed) return Promise.resolve();
    return this.#pending.add(subject);
  }

  unlisten(subject: string): void {
    this.#subjects.delete(subject);
    this.#pending.settle(subject);
  }

  close(): Promise<void> {
    this.#isClosed = true;
    this.#isUp = false;
    this.#link += 1;
    this.#subjects.clear();
    this.#pending.settleAll();
    this.#hub.leave();
    return Promise.resolve();
  }

  /** Cuts the link of this node alone, as a network does. */
  cut(): void {
    this.#isCut = true;
    this.relink('the link was cut');
  }

  heal(): void {
    this.#isCut = false;
    this.relink('the link was healed');
  }

  /** Takes in whether the engine can be reached. A link is lost at once, and established a turn later. */
  relink(reason: string): void {
    const canBeUp = (): boolean => this.#hub.isRunning() && !this.#isCut && !this.#isClosed;
    if (this.#isUp && !canBeUp()) {
      this.#isUp = false;
      this.#link += 1;
      this.#handlers.onLink(false, reason);
    }
    this.#hub.defer(() => {
      if (this.#isUp || !canBeUp()) return;
      this.#isUp = true;
      this.#pending.settleAll();
      this.#handlers.onLink(true, reason);
    });
  }

  receive(subject: string, message: string): void {
    const link = this.#link;
    this.#hub.defer(() => {
      if (this.#isUp && link === this.#link && this.#subjects.has(subject)) {
        this.#handlers.onMessage(subject, message);
      }
    });
  }
}
