import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'vitest';
import { BrokerCluster } from '../support/cluster.ts';
import { whyNoNamespaces } from '../support/network.ts';
import { answersFor, endsInTime, SUBJECTS } from './subjects.ts';
import { servesFor, world, WORKERS } from './world.ts';

const BROKER = 'broker.test';

let folder: string;
let hosts: string;
/** Starts a program that finds names in the file `hosts`. */
let via: readonly string[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rollcall-names-'));
  hosts = join(folder, 'hosts');
  via = ['unshare', '--mount', 'sh', '-c', 'mount --bind "$0" /etc/hosts && exec "$@"', hosts];
  know(BROKER);
});
afterEach(() => rmSync(folder, { recursive: true }));

function know(...names: readonly string[]): void {
  writeFileSync(hosts, ['localhost', ...names].map((name) => `127.0.0.1 ${name}\n`).join(''));
}

/** Restarts the broker while its name leads nowhere. */
async function loseBroker(cluster: BrokerCluster): Promise<void> {
  know();
  cluster.broker.kill('SIGKILL');
  await cluster.broker.ended;
  await cluster.restartBroker();
}

describe.skipIf(whyNoNamespaces() !== undefined)('a name server that is gone', () => {
  it.each(WORKERS)(
    'leaves a gateway with %s worker processes without its broker, which it finds again by name',
    async (workers) => {
      const { cluster, gateway, url } = await world({
        args: ['--workers', workers],
        host: BROKER,
        via,
      });
      await loseBroker(cluster);
      await gateway.line(/connection to the broker|disconnected|lost/i);
      await servesFor(url, 4000);
      const found = gateway.nextLine(/connected to the broker/);
      know(BROKER);
      await found;
      await servesFor(url, 500);
    },
  );

  it('leaves rollcall run without its broker, where it registers when it finds it again', async () => {
    const cluster = await BrokerCluster.startWith('embedded');
    try {
      const subject = await SUBJECTS['rollcall run']?.(cluster, {
        env: { PUSHER_HOST: BROKER },
        via,
      });
      if (subject === undefined) throw new Error('there is no rollcall run');
      await subject.program.line(/registered/);
      await loseBroker(cluster);
      await answersFor(subject, 4000);
      const { program } = await cluster.gateway();
      know(BROKER);
      await program.line(/route registered .*\/v9/);
      await answersFor(subject, 500);
      await endsInTime(subject);
    } finally {
      await cluster.end();
    }
  });
});
