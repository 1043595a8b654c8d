import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { Counters } from '../../src/app/counters.ts';
import { MemoryEngine } from '../../src/cluster/bus/memory-bus.ts';
import { ClusterApp } from '../../src/cluster/cluster-app.ts';
import type { WebhookEvent } from '../../src/webhook-event.ts';
import { ann, bob, eventsOf, subscribed } from '../app/conformance/fixture.ts';
import { APP } from '../app/new-app.ts';
import { FakeConnection } from '../fake-connection.ts';
import { openNode } from './open-node.ts';

/** A node without an app, after it has heard of the other nodes. */
async function startNode(engine: MemoryEngine) {
  const { node, bus } = openNode(engine);
  await expect.poll(() => node.hasSettled).toBe(true);
  const reported: WebhookEvent[] = [];
  const report = (event: WebhookEvent): void => void reported.push(event);
  const open = async (): Promise<ClusterApp> => {
    const app = new ClusterApp(APP, { counters: new Counters(), report }, node);
    onTestFinished(() => app.close());
    await app.open();
    return app;
  };
  return { node, bus, open, reported };
}

async function startTwo() {
  const engine = new MemoryEngine();
  const nodes = [await startNode(engine), await startNode(engine)] as const;
  await expect.poll(() => nodes.map(({ node }) => node.peers.length)).toEqual([1, 1]);
  return nodes;
}

describe('an app that the other node does not serve', () => {
  it('is served at once, and is not asked for again', async () => {
    const [one] = await startTwo();
    const started = performance.now();
    await one.open();
    expect(performance.now() - started, 'it waits 3 s for a node that hangs').toBeLessThan(1_500);
    const publish = vi.spyOn(one.bus, 'publish');
    const beats = (): number => publish.mock.calls.filter(([, text]) => /alive/.test(text)).length;
    await expect.poll(beats).toBeGreaterThan(8);
    expect(publish.mock.calls.filter(([, text]) => /"ask"/.test(text))).toEqual([]);
  });

  it('has all of its webhooks reported', async () => {
    const [one] = await startTwo();
    const app = await one.open();
    for (let index = 0; index < 20; index++) await subscribed(app, `c${index}`);
    expect(one.reported).toHaveLength(20);
  });

  it('is shared when the other serves it, too', async () => {
    const [one, other] = await startTwo();
    const here = await subscribed(await one.open(), 'presence-a', ann);
    const there = await other.open();
    expect(there.userIds('presence-a')).toEqual(['ann']);
    await subscribed(there, 'presence-a', bob);
    await expect.poll(() => eventsOf(here)).toContain('pusher_internal:member_added');
  });
});

describe('an app that is removed on one node', () => {
  it('has its clients announced as gone at the other, at once', async () => {
    const [one, other] = await startTwo();
    const [here, there] = [await one.open(), await other.open()];
    const watching = await subscribed(here, 'presence-a', ann);
    await subscribed(there, 'presence-a', bob);
    await expect.poll(() => here.userIds('presence-a')).toEqual(['ann', 'bob']);
    there.close();
    await expect.poll(() => eventsOf(watching)).toContain('pusher_internal:member_removed');
    expect(here.userIds('presence-a')).toEqual(['ann']);
  });

  it('says and ends nothing any more when it is added again', async () => {
    const [one, other] = await startTwo();
    const here = await one.open();
    const before = await other.open();
    const late = new FakeConnection();
    const pending = before.subscribe({ channel: 'presence-a', connection: late, member: ann });
    // The session of the late connection ends when its subscription is answered.
    const refused = expect(pending).rejects.toThrow('not served any more');
    before.close();
    const again = await other.open();
    const connection = await subscribed(again, 'presence-a', bob);
    await refused;
    before.unsubscribe('presence-a', late);
    before.connectionClosed();
    await expect.poll(() => here.userIds('presence-a')).toEqual(['bob']);
    await here.publish([{ name: 'e', data: '1', channels: ['presence-a'] }]);
    await expect.poll(() => eventsOf(connection)).toContain('e');
    expect(eventsOf(late)).toEqual([]);
  });
});

it('an app is served after three seconds though the engine is away, so that nothing is known of other nodes', async () => {
  const engine = new MemoryEngine();
  engine.stop();
  const { node } = openNode(engine);
  const app = new ClusterApp(APP, { counters: new Counters(), report: () => {} }, node);
  onTestFinished(() => app.close());
  await app.open();
  expect(node.isConnected).toBe(false);
  expect(app.userIds('presence-a')).toEqual([]);
}, 10_000);
