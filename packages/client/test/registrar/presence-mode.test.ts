import { expect, it, onTestFinished } from 'vitest';
import { createBroker } from '@rollcall/broker';
import { APP, connectionTo } from '../../../../test/support/connection.ts';
import { discover } from '../../src/observer/discover.ts';
import { register } from '../../src/registrar/register.ts';
import { presenceChannel } from '../../src/transport/presence.ts';
import { createPublisher } from '../../src/transport/publisher.ts';

it('does not come back when it is told, while it leaves, that it has left', async () => {
  const broker = await createBroker({ apps: [APP] });
  const connection = connectionTo(broker.port);
  const publisher = createPublisher(connection);
  const directory = await discover({ connection });
  onTestFinished(async () => {
    directory.close();
    publisher.close();
    await broker.close();
  });
  const faults: Error[] = [];
  const { announcement, leave } = await register({
    prefix: '/v1',
    port: 3000,
    address: '127.0.0.1',
    connection,
    onFault: (error) => faults.push(error),
  });
  const here = () => directory.instances('/v1').length;
  await expect.poll(here).toBe(1);
  const leaving = leave();
  await expect.poll(here).toBe(0);
  // As a gateway says it that sees it in its presence channel after its exit.
  const channel = presenceChannel(connection, String(announcement.id));
  await publisher.publish(channel, 'table', { nonce: '1', up: [], left: [announcement] });
  await leaving;
  expect(here()).toBe(0);
  expect(faults).toEqual([]);
});
