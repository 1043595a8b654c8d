import { expect, vi } from 'vitest';
import type { Bus, BusHandlers } from '../../../../src/cluster/bus/bus.ts';

export interface Opener {
  /** Opens the bus of one more node. */
  open(handlers: BusHandlers): Promise<Bus>;
}

/** An engine that a test can end and start again. */
export interface Engine extends Opener {
  /** Ends it without notice. */
  stop(): Promise<void>;
  start(): Promise<void>;
  /** Ends everything, once the nodes are closed. */
  end(): Promise<void>;
}

export interface Link {
  readonly isUp: boolean;
  readonly reason: string;
}

/** One node: a bus, and all that it has reported. */
export class Node {
  readonly messages: { subject: string; message: string }[] = [];
  readonly links: Link[] = [];
  readonly bus: Bus;
  /** How many links were reported when it was last seen up. */
  #seen = 0;

  private constructor(bus: Bus) {
    this.bus = bus;
  }

  /** Opens a node, and waits until its link is up. */
  static async open(engine: Opener): Promise<Node> {
    const node = await Node.opening(engine);
    await node.isUp();
    return node;
  }

  /** Opens a node, whether or not its link comes up. */
  static async opening(engine: Opener): Promise<Node> {
    const early: (() => void)[] = [];
    let node: Node | undefined;
    const report = (take: (node: Node) => void): void => {
      if (node === undefined) early.push(() => report(take));
      else take(node);
    };
    const bus = await engine.open({
      onMessage: (subject, message) => report((to) => to.messages.push({ subject, message })),
      onLink: (isUp, reason) => report((to) => to.links.push({ isUp, reason })),
    });
    node = new Node(bus);
    for (const each of early) each();
    return node;
  }

  /** What arrived on a subject. */
  of(subject: string): string[] {
    return this.messages.filter((each) => each.subject === subject).map(({ message }) => message);
  }

  /** Waits for what has arrived on a subject, in order and nothing else. */
  async received(subject: string, messages: readonly string[]): Promise<void> {
    await vi.waitFor(() => expect(this.of(subject).length).toBeGreaterThanOrEqual(messages.length));
    expect(this.of(subject)).toEqual(messages);
  }

  /** Waits until the link is up. */
  async isUp(): Promise<void> {
    await vi.waitFor(() => expect(this.links.at(-1)?.isUp, this.reasons).toBe(true), 20_000);
    this.#seen = this.links.length;
  }

  /** Waits until the link has been down since it was last seen up. It may be up again. */
  async isDown(): Promise<void> {
    const wasDown = () => this.links.slice(this.#seen).some(({ isUp }) => !isUp);
    await vi.waitFor(() => expect(wasDown(), this.reasons).toBe(true), 20_000);
  }

  get reasons(): string {
    return JSON.stringify(this.links);
  }
}
