import { text } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';
import type { IncomingHttpHeaders } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TURN_MS } from '../../packages/gateway/src/notify/duty.ts';
import { Cluster } from '../support/cluster.ts';
import { ConfigFile } from '../support/config-file.ts';
import { httpServer } from '../support/http-server.ts';
import type { HttpServer } from '../support/http-server.ts';

interface Received {
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

let config: ConfigFile;
let cluster: Cluster;
let receiver: HttpServer;
let received: Received[];
/** What the next requests are answered with; 200 when there is no more. */
let statuses: number[];
beforeEach(async () => {
  [received, statuses] = [[], []];
  config = new ConfigFile();
  cluster = await Cluster.start();
  receiver = await httpServer(async (request, response) => {
    const body = await text(request);
    received.push({ url: request.url ?? '', headers: request.headers, body });
    response.writeHead(statuses.shift() ?? 200, { 'retry-after': '0' }).end();
  });
});
afterEach(async () => {
  receiver.close();
  await cluster.end();
  config.remove();
});

/** The messages of all events that were received. */
function messages(): string[] {
  return received.flatMap(({ body }) =>
    (JSON.parse(body) as { events: { message: string }[] }).events.map(({ message }) => message),
  );
}

describe('a gateway', () => {
  it('notifies a webhook and Slack that an instance is down, and shows no secret', async () => {
    config.put('slack-url', `${receiver.url}/services/T0/x\n`);
    const link = 'https://dashboard.example.com/';
    const targets = [
      { url: `${receiver.url}/hook`, secret: 's3cret' },
      { kind: 'slack', urlFile: 'slack-url', events: ['down'] },
    ];
    const probes = { successThreshold: 1 };
    const gateway = await config.start(cluster, { probes });
    await config.reload(gateway, { probes, notify: { groupMs: 500, link, targets } });
    const service = await cluster.idV5('a');
    await gateway.program.line(/route registered/);
    service.kill('SIGSTOP');
    await gateway.program.line(/instance (?:suspected|down)/);
    service.kill('SIGKILL');
    await expect.poll(() => received.length, { timeout: 20_000 }).toBe(2);

    const hook = received.find(({ url }) => url === '/hook');
    const slack = received.find(({ url }) => url === '/services/T0/x');
    expect(JSON.parse(hook?.body ?? '')).toMatchObject({
      id: hook?.headers['idempotency-key'],
      events: [
        {
          event: 'down',
          prefix: '/v1',
          receiving: 0,
          instances: 1,
          explain: 'https://dashboard.example.com/#explain=%2Fv1%2F',
        },
      ],
    });
    expect(hook?.headers['x-rollcall-signature']).toMatch(/^[0-9a-f]{64}$/);
    const { text: shown } = JSON.parse(slack?.body ?? '') as { text: string };
    expect(shown).toMatch(
      /^\*\/v1\* 0 of 1 instances receive traffic <https:.*\|explain>\n:red_circle: 127\.0\.0\.1:\d+ \(id-v5.*\) is down: /,
    );
    const metrics = await (await fetch(`${gateway.adminUrl}/metrics`)).text();
    expect(metrics).toMatch(/notifications_total\{kind="slack",result="sent"\} 1/);
    expect(gateway.program.output).not.toMatch(/services\/T0|s3cret/);
  });

  it('tries again what a receiver does not accept, under the same key', async () => {
    statuses = [500, 429];
    const notify = { groupMs: 500, targets: [{ url: receiver.url }] };
    const gateway = await config.start(cluster, { notify });
    const service = await cluster.idV5('a');
    await gateway.program.line(/route registered/);
    service.kill('SIGKILL');
    await expect.poll(() => received.length, { timeout: 20_000 }).toBe(3);
    expect(new Set(received.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
    expect(gateway.program.output).toMatch(/cannot notify: retrying .*status 500/);
  });

  it('notifies of what waits, though its other targets change meanwhile', async () => {
    statuses = Array.from({ length: 4 }, () => 503);
    const targets = [{ url: `${receiver.url}/one` }];
    const gateway = await config.start(cluster, { notify: { groupMs: 500, targets } });
    const service = await cluster.idV5('a');
    await gateway.program.line(/route registered/);
    service.kill('SIGKILL');
    await expect.poll(() => received.length, { timeout: 20_000 }).toBeGreaterThan(0);
    const two = { url: `${receiver.url}/two` };
    await config.reload(gateway, { notify: { groupMs: 600, targets: [...targets, two] } });
    await expect.poll(() => statuses.length, { timeout: 20_000 }).toBe(0);
    await expect.poll(() => received.length, { timeout: 20_000 }).toBe(5);
    expect(new Set(received.map(({ url }) => url))).toEqual(new Set(['/one']));
  });
});

describe('several gateways', () => {
  it(
    'notify once, also if two of three are killed before they have',
    { timeout: 120_000 },
    async () => {
      const settings = { notify: { groupMs: 3000, targets: [{ url: receiver.url }] } };
      const gateways = await Promise.all([1, 2, 3].map(() => config.start(cluster, settings)));
      const [first, second] = [await cluster.idV5('a'), await cluster.idV5('b')];
      const all = (line: RegExp) =>
        Promise.all(gateways.map(({ program }) => program.nextLine(line)));
      await Promise.all(gateways.map(({ program }) => program.line(/route registered[^]*/)));
      const down = all(/instance down/);
      first.kill('SIGKILL');
      await down;
      await expect.poll(messages, { timeout: 20_000 }).toHaveLength(1);
      // By then, it was the turn of the next one.
      await setTimeout(TURN_MS + 1000);
      expect(messages()).toHaveLength(1);

      const downAgain = all(/instance down/);
      second.kill('SIGKILL');
      await downAgain;
      for (const { program } of gateways.slice(1)) program.kill('SIGKILL');
      await expect.poll(messages, { timeout: 3 * TURN_MS }).toHaveLength(2);
      expect(messages()[1]).toMatch(/is down: its port refuses connections/);
    },
  );
});
