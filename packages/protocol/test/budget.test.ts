import { describe, expect, it } from 'vitest';
import { budgetOf } from '@rollcall/protocol';
import type { Cause, Deployment } from '@rollcall/protocol';

const NOTHING: Deployment = {
  presence: 0,
  lease: 0,
  ttl: 300,
  gateways: 1,
  rollouts: 0,
  gatewayRestarts: 0,
  reconnects: 0,
};

describe('the messages of a day', () => {
  // What the broker counts for each of these happening once stands in test/interop/budget.test.ts.
  it.each<[Cause, Partial<Deployment>, number]>([
    // Every 30 s, one request each.
    ['lists', { gateways: 1 }, 2880],
    ['lists', { gateways: 3 }, 8640],
    ['lists', { gateways: 3, presence: 100_000 }, 8640],
    // Every 5 min: nobody else hears a gateway that is alone.
    ['roll calls', { gateways: 1 }, 288],
    // 2 callers; call and answer take a request and a delivery each.
    ['roll calls', { gateways: 2 }, 2 * 288 * 2],
    ['roll calls', { gateways: 3 }, 3 * 288 * 3],
    ['renewals', { lease: 1, ttl: 300, gateways: 1 }, 864 * 2],
    ['renewals', { lease: 20, ttl: 30, gateways: 2 }, 20 * 8640 * 3],
    ['renewals', { lease: 1, ttl: 3600, gateways: 3 }, 72 * 4],
    ['renewals', { lease: 1, ttl: 7, gateways: 1 }, 37_029 * 2],
    ['renewals', { presence: 20, gateways: 2 }, 0],
    // exit 4, register 4, the last observer that goes 1, the first that comes 1.
    ['rollouts', { presence: 1, gateways: 3, rollouts: 1 }, 10],
    ['rollouts', { lease: 1, gateways: 3, rollouts: 1 }, 8],
    ['rollouts', { presence: 50, lease: 5, gateways: 3, rollouts: 20 }, 20 * (500 + 40)],
    // Its roll call 3, two answers of 3; the owners' 1 and one each; a list.
    ['gateway restarts', { presence: 10, gateways: 3, gatewayRestarts: 1 }, 3 * (9 + 11 + 1)],
    // Alone: every owner receives that the last observer has left its channel, and that one has joined.
    ['gateway restarts', { presence: 10, gateways: 1, gatewayRestarts: 1 }, 1 + 11 + 20 + 1],
    // 81 instances: answers in three parts.
    ['gateway restarts', { lease: 81, gateways: 2, gatewayRestarts: 1 }, 2 * (2 + 3 * 2 + 1 + 1)],
    ['gateway reconnects', { lease: 81, gateways: 2, reconnects: 1 }, 2 * (2 + 1 + 1)],
    // To each gateway: left, joined, register; and the request.
    ['instance reconnects', { presence: 5, gateways: 3, reconnects: 2 }, 2 * 5 * 10],
    ['instance reconnects', { lease: 5, gateways: 3, reconnects: 2 }, 0],
  ])('%s of %j: %d', (cause, given, messages) => {
    const { costs } = budgetOf({ ...NOTHING, ...given });
    expect(costs.find((cost) => cost.cause === cause)?.messages).toBe(messages);
  });

  it('are the sum over all causes', () => {
    const day = { presence: 7, lease: 5, gateways: 3, rollouts: 2, gatewayRestarts: 3 };
    const { costs, messages } = budgetOf({ ...NOTHING, ...day, reconnects: 4 });
    expect(messages).toBe(costs.reduce((sum, cost) => sum + cost.messages, 0));
    for (const cost of costs) expect(cost.messages).toBeGreaterThan(0);
  });

  it('of 50 instances, 3 gateways and 20 full rollouts are 50,000 at most', () => {
    const day = { presence: 50, gateways: 3, rollouts: 20, gatewayRestarts: 1, reconnects: 1 };
    expect(budgetOf({ ...NOTHING, ...day }).messages).toBe(22_098);
    // Replaced twenty times a day and cut off every hour, gateways too.
    const bad = { ...day, gatewayRestarts: 20, reconnects: 24 };
    expect(budgetOf({ ...NOTHING, ...bad }).messages).toBeLessThanOrEqual(50_000);
  });

  it('include one connection for each gateway and each instance in presence mode', () => {
    const { connections } = budgetOf({ ...NOTHING, presence: 50, lease: 20, gateways: 3 });
    expect(connections).toBe(53);
  });
});
