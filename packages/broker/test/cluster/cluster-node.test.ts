import { silentLogger } from '@rollcall/runtime';
import { expect, it, onTestFinished } from 'vitest';
import type { Bus, BusHandlers } from '../../src/cluster/bus/bus.ts';
import { ClusterNode } from '../../src/cluster/cluster-node.ts';

/** A node whose engine accepts the link, and then does not answer. */
function nodeOfSilentEngine(beatMs?: number) {
  const bus: Bus = {
    server: undefined,
    publish: () => Promise.resolve(),
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
  return { node, link };
}

it('does not let a client wait for the engine after the link is lost', async () => {
  const { node, link } = nodeOfSilentEngine();
  const listening = node.listen('app.1');
  link(false);
  await expect(listening).resolves.toBeUndefined();
});

it('does not let a client wait for an engine that hangs', async () => {
  const { node } = nodeOfSilentEngine(5);
  await expect(node.listen('app.1')).resolves.toBeUndefined();
  expect(node.isConnected).toBe(false);
});
