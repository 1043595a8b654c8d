import { afterEach, beforeEach, expect, it } from 'vitest';
import { discover, register } from '@rollcall/client';
import { loggerTo } from '../../../../test/support/log.ts';
import { TestRegistry } from '../../../../test/support/registry.ts';

let registry: TestRegistry;
beforeEach(async () => {
  registry = await TestRegistry.start();
});
afterEach(() => registry.end());

it('finds instances once the broker is there, if it was away at the start, and reports both', async () => {
  await registry.stop();
  const lines: string[] = [];
  const options = { registry: registry.connection, logger: loggerTo(lines) };
  const service = await discover('/v1', options);
  registry.onEnd(() => service.close());
  expect(service.pick()).toBeUndefined();
  expect(lines).toEqual([
    expect.stringMatching(/^not connected yet, retrying: cannot reach the broker/),
  ]);
  await registry.startAgain();
  const registration = await register({
    prefix: '/v1',
    port: 3000,
    registry: registry.connection,
    logger: loggerTo([]),
  });
  registry.onEnd(() => registration.leave());
  await registration.registered;
  await expect.poll(() => service.pick()?.announcement.port, { timeout: 10_000 }).toBe(3000);
  expect(lines.slice(1)).toEqual([expect.stringMatching(/^connected to the broker/)]);
});

it('is an error without the broker that it requires', async () => {
  await registry.stop();
  const options = { registry: registry.connection, requireBroker: true };
  await expect(discover(options)).rejects.toMatchObject({ code: 'ROLLCALL_BROKER_UNREACHABLE' });
});
