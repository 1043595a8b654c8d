import { expect, it } from 'vitest';
import { SharedWebhooks } from '../../src/cluster/shared-webhooks.ts';
import type { WebhookEvent } from '../../src/webhook-event.ts';
import { responsibleFor } from '../../src/cluster/responsible.ts';

const [OWN, PEER, OTHER] = ['own', 'peer', 'other'];

/** Channels for which one of some nodes reports. */
function* channelsOf(responsible: string, nodes: readonly string[]): Generator<string> {
  for (let index = 0; ; index++) {
    if (responsibleFor(`c${index}`, nodes) === responsible) yield `c${index}`;
  }
}

/** The webhooks of a node with others, and what it has reported. */
function webhooksWith(...peers: string[]) {
  let now = 0;
  const reported: WebhookEvent[] = [];
  const webhooks = new SharedWebhooks({
    node: OWN,
    peers: () => peers,
    clock: () => now,
    report: (event) => reported.push(event),
  });
  const channels = channelsOf(peers[0] ?? OWN, [OWN, ...peers]);
  /** Reports an event for which the first of the others is responsible. */
  const occupy = (): WebhookEvent => {
    const event = { name: 'channel_occupied', channel: String(channels.next().value) } as const;
    webhooks.report(event);
    return event;
  };
  const end = (peer: string): void => {
    peers.splice(peers.indexOf(peer), 1);
    webhooks.gone(peer);
  };
  const pass = (ms: number): void => void (now += ms);
  return { webhooks, reported, channels, occupy, end, pass };
}

it('report what a node that is gone may not have reported', () => {
  const { reported, occupy, end, pass } = webhooksWith(PEER);
  const event = occupy();
  expect(reported).toEqual([]);
  pass(7_000);
  end(PEER);
  expect(reported).toEqual([event]);
});

it('report nothing again that a node that is gone has reported long ago', () => {
  const { reported, occupy, end, pass } = webhooksWith(PEER);
  occupy();
  pass(8_000);
  end(PEER);
  expect(reported).toEqual([]);
});

it('report nothing that a node that lives reports, until that is gone, too', () => {
  const { reported, occupy, end } = webhooksWith(PEER, OTHER);
  const event = occupy();
  end(OTHER);
  expect(reported).toEqual([]);
  end(PEER);
  expect(reported).toEqual([event]);
});

it('report what this node alone sees, although another is responsible for the channel', () => {
  const { webhooks, reported, channels } = webhooksWith(PEER);
  const event = { name: 'cache_miss', channel: String(channels.next().value) } as const;
  webhooks.report(event);
  expect(reported).toEqual([event]);
});

it('remember a bounded number of events, because clients cause them', () => {
  const { reported, occupy, end } = webhooksWith(PEER);
  for (let count = 0; count < 10_001; count++) occupy();
  end(PEER);
  expect(reported).toHaveLength(10_000);
});

it('remember events of a node again after very many have become old', () => {
  const { reported, occupy, end, pass } = webhooksWith(PEER);
  for (let count = 0; count < 10_000; count++) occupy();
  pass(29_000);
  const event = occupy();
  end(PEER);
  expect(reported).toEqual([event]);
});
