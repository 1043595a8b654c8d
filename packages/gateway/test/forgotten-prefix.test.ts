import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { TestRegistry } from '../../../test/support/registry.ts';
import { createGateway } from '../src/gateway.ts';

let registry: TestRegistry;
beforeEach(async () => {
  registry = await TestRegistry.start();
});
afterEach(() => registry.end());

it('answers 503 for a prefix whose instances have gone, then 404, and has no metrics of it', async () => {
  const gateway = await createGateway({
    registry: registry.connection,
    port: 0,
    adminPort: 0,
    snapshot: 'none',
    table: { forgetPrefixMs: 500 },
  });
  registry.onEnd(() => gateway.close());
  const status = async (): Promise<number> => (await fetch(`${gateway.url}/gone`)).status;
  const metrics = async (): Promise<string> => (await fetch(`${gateway.adminUrl}/metrics`)).text();
  const announcement = { prefix: '/gone', port: 1, address: '127.0.0.1', id: 'a', inc: 1 };
  await registry.publish('register', announcement);
  await registry.publish('exit', announcement);
  await vi.waitFor(async () => expect(await status()).toBe(503));
  expect(await metrics()).toContain('route="/gone"');
  await vi.waitFor(async () => expect(await status()).toBe(404));
  await vi.waitFor(async () => expect(await metrics()).not.toContain('route="/gone"'), 8000);
});
