import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { explained } from '../../support/admin.ts';
import { BrokerCluster } from '../../support/cluster.ts';
import { elapsed } from '../../support/elapsed.ts';

/** So many that gateways share the probing. */
const INSTANCES = 1200;
const IN_A_MESSAGE = 60;

it(
  'an instance that hangs among many is out of every gateway within 5 s, and reported by one to the other',
  { timeout: 90_000 },
  async () => {
    const server = createServer((_request, response) => response.end('healthy'));
    server.listen({ host: '0.0.0.0', port: 0, backlog: 4096 });
    await once(server, 'listening');
    const cluster = await BrokerCluster.startWith('embedded');
    try {
      const gateways = await Promise.all([cluster.gateway(), cluster.gateway()]);
      const everyGateway = (pattern: RegExp, times = 1): Promise<unknown> =>
        Promise.all(
          gateways.map(({ program }) =>
            expect
              .poll(() => program.lines.filter((line) => pattern.test(line)).length)
              .toBeGreaterThanOrEqual(times),
          ),
        );
      const { port } = server.address() as AddressInfo;
      const up = Array.from({ length: INSTANCES }, (_, index) => ({
        prefix: '/many',
        address: `127.1.${index >> 8}.${index & 255}`,
        port,
        id: `i${index}`,
        inc: 1,
        ttl: 300,
      }));
      for (let from = 0; from < INSTANCES; from += IN_A_MESSAGE)
        await cluster.publish('table', {
          nonce: 'n',
          up: up.slice(from, from + IN_A_MESSAGE),
          left: [],
        });
      const service = await cluster.idV5('one');
      await cluster.idV5('two');

      await everyGateway(/instance recovered .*\/many/, INSTANCES);
      await everyGateway(/route registered .*\/v1/, 2);
      service.kill('SIGSTOP');
      const out = /instance suspected .*\/v1 .*not answered in time/;
      expect(
        await elapsed(Promise.all(gateways.map(({ program }) => program.line(out)))),
      ).toBeLessThan(5000);
      const histories = await Promise.all(gateways.map((gateway) => explained(gateway, '/v1')));
      const received = histories.flatMap(({ instances }) =>
        instances.flatMap(({ history }) => history.map(({ what }) => what)),
      );
      expect(received).toContain('another gateway: a probe failed');
    } finally {
      await cluster.end();
      server.close();
    }
  },
);
