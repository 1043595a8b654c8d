import { setImmediate } from 'node:timers/promises';
import { silentLogger } from '@rollcall/runtime';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Bus, BusHandlers } from '../../src/cluster/bus/bus.ts';
import { ClusterNode } from '../../src/cluster/cluster-node.ts';

/** A node whose engine accepts the link, and then does not answer. */
function nodeOfSilentEngine(beatMs?: number) {
  const publish = vi.fn<Bus['publish']>().mockResolvedValue();
  const bus: Bus = {
    server: undefined,
    publish,
    listen: () => new Promise(() => {}),
    unlisten: () => {},
    close: () => Promise.resolve(),
  };
  const opened: BusHandlers[] = [];
  const openBus = (handlers: BusHandlers): Bus => {
    opened.push(handlers);
    return bus;
  };
  const options = { openBus, prefix: 'rollcall', logger: silentLogger };
  const node = new ClusterNode({ ...options, ...(beatMs !== undefined && { beatMs }) });
  onTestFinished(() => node.close());
  const link = (isUp: boolean): void => opened[0]?.onLink(isUp, 'test');
  link(true);
  return { node, link, publish };
}

it('does not let a client wait for the engine after the link is lost', async () => {
  const { node, link } = nodeOfSilentEngine();
  const listening = node.listen('app.1');
  link(false);
  await expect(listening).resolves.toBeUndefined();
});

it('refuses an event at once when the link is lost, although another one is still on its way', async () => {
  const { node, link, publish } = nodeOfSilentEngine();
  publish.mockReturnValue(new Promise(() => {}));
  void node.post('app.1', 'on its way');
  await expect.poll(() => publish.mock.calls.length).toBeGreaterThan(1);
  link(false);
  await expect(node.post('app.1', 'refused')).rejects.toThrow('cannot be reached');
});

it('does not let a client wait for an engine that hangs', async () => {
  const { node } = nodeOfSilentEngine(5);
  await expect(node.listen('app.1')).resolves.toBeUndefined();
  expect(node.isConnected).toBe(false);
});

/** Two servers of an engine, with a node at each. A server confirms at once, and tells the other later. */
class TwoServers {
  readonly #handlers: BusHandlers[] = [];
  readonly #subjects: Set<string>[] = [new Set(), new Set()];
  /** What the other server knows of them. */
  readonly #known: Set<string>[] = [new Set(), new Set()];
  /** What the second has to tell the first, while the route is slow. */
  #queue: (() => void)[] | undefined;

  open(handlers: BusHandlers): Bus {
    const index = this.#handlers.push(handlers) - 1;
    const other = 1 - index;
    return {
      server: undefined,
      publish: (subject, message) => {
        if (this.#subjects[index]?.has(subject)) handlers.onMessage(subject, message);
        if (this.#known[other]?.has(subject)) {
          this.#tell(index, () => this.#handlers[other]?.onMessage(subject, message));
        }
        return Promise.resolve();
      },
      listen: (subject) => {
        this.#subjects[index]?.add(subject);
        this.#tell(index, () => void this.#known[index]?.add(subject));
        return Promise.resolve();
      },
      unlisten: () => {},
      close: () => Promise.resolve(),
    };
  }

  connect(): void {
    for (const handlers of this.#handlers) handlers.onLink(true, 'test');
  }

  slow(): void {
    this.#queue = [];
  }

  flow(): void {
    const queue = this.#queue ?? [];
    this.#queue = undefined;
    for (const task of queue) task();
  }

  #tell(from: number, task: () => void): void {
    if (from === 1 && this.#queue !== undefined) this.#queue.push(task);
    else task();
  }
}

const ignore = (): void => {};

const IGNORING = {
  absent: () => {},
  receive: ignore,
  lost: ignore,
  joined: ignore,
  left: ignore,
  gone: ignore,
  beat: ignore,
};

/** Two nodes that have heard each other, and what the second hears in an app. */
function twoNodes() {
  const servers = new TwoServers();
  const heard: unknown[] = [];
  const [one, two] = [0, 1].map(() => {
    const options = { prefix: 'rollcall', logger: silentLogger, beatMs: 60_000 };
    const node = new ClusterNode({ openBus: (handlers) => servers.open(handlers), ...options });
    onTestFinished(() => node.close());
    return node;
  });
  if (one === undefined || two === undefined) throw new Error('unreachable');
  two.add('app', { ...IGNORING, receive: (_, __, payload) => heard.push(payload) });
  servers.connect();
  return { servers, one, two, heard };
}

describe('a node at another server of the engine', () => {
  it('listens when the other servers know, so that a client misses no event', async () => {
    // No time-out ends it.
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const { servers, one, two, heard } = twoNodes();
    servers.slow();
    let isListening = false;
    void two.listen('app.1').then(() => (isListening = true));
    await one.post('app.1', 'before');
    expect(isListening).toBe(false);
    servers.flow();
    await setImmediate();
    expect(isListening).toBe(true);
    await one.post('app.1', 'after');
    expect(heard).toEqual(['after']);
  });

  it('reports the nodes that are there to an app that is added', () => {
    const { two, one } = twoNodes();
    const joined: string[] = [];
    two.add('other', { ...IGNORING, joined: (peer) => joined.push(peer) });
    expect(joined).toEqual([one.id]);
  });

  it('is not ready for more clients when it closes', () => {
    const { one } = twoNodes();
    expect(one.unreadiness).toBeUndefined();
    one.leave();
    expect([one.unreadiness, one.isConnected]).toEqual(['this node is closing', true]);
  });

  it('hears nothing more of the clients of a node that closes', async () => {
    const { one, two, heard } = twoNodes();
    await two.listen('app.1');
    one.say('app.1', 'before');
    one.leave();
    one.say('app.1', 'after');
    expect([heard, two.peers]).toEqual([['before'], []]);
  });

  it('does not wait long for a node that says nothing', async () => {
    const { servers, two } = twoNodes();
    servers.slow();
    await expect(two.listen('app.1')).resolves.toBeUndefined();
  });

  it('does not wait for it when the node closes', async () => {
    const { servers, two } = twoNodes();
    servers.slow();
    const listening = two.listen('app.1');
    await two.close();
    await expect(listening).resolves.toBeUndefined();
  });
});
