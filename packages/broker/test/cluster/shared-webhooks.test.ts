import { expect, it } from 'vitest';
import { SharedWebhooks } from '../../src/cluster/shared-webhooks.ts';
import type { WebhookEvent } from '../../src/webhook-event.ts';
import { responsibleFor } from '../../src/cluster/responsible.ts';

const [OWN, PEER] = ['own', 'peer'];

/** Channels for which the peer reports. */
function* channelsOfPeer(): Generator<string> {
  for (let index = 0; ; index++) {
    if (responsibleFor(`c${index}`, [OWN, PEER]) === PEER) yield `c${index}`;
  }
}

it('remembers events of a node again after very many have become old', () => {
  let now = 0;
  const reported: WebhookEvent[] = [];
  const webhooks = new SharedWebhooks({
    node: OWN,
    peers: () => (now < 30_000 ? [PEER] : []),
    clock: () => now,
    report: (event) => reported.push(event),
  });
  const channels = channelsOfPeer();
  const occupy = (): string => {
    const channel = String(channels.next().value);
    webhooks.report({ name: 'channel_occupied', channel });
    return channel;
  };
  for (let count = 0; count < 10_000; count++) occupy();
  now = 29_000;
  const channel = occupy();
  now = 30_000;
  webhooks.gone(PEER);
  expect(reported).toEqual([{ name: 'channel_occupied', channel }]);
});
