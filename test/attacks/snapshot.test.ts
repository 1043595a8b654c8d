import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Announcement } from '@rollcall/client';
import type { Statement } from '@rollcall/protocol';
import { silentLogger } from '@rollcall/runtime';
import { Signer } from '../../packages/client/src/trust/signer.ts';
import { snapshotAt } from '../../packages/gateway/src/snapshot/snapshot.ts';
import { explained } from '../support/admin.ts';
import { Cluster } from '../support/cluster.ts';
import { AttackedGateway, OTHER, OWNER } from './attacked-gateway.ts';

let cluster: Cluster;
let attacked: AttackedGateway;
beforeEach(async () => {
  cluster = await Cluster.start();
  attacked = await AttackedGateway.prepare(cluster);
});
afterEach(async () => {
  await cluster.end();
  attacked.end();
});

/** What the holder of a service key says in the registry. */
function signedBy(key: string, announcement: Announcement, left = false): Announcement {
  const signer = Signer.of({ serviceKey: key });
  if (signer === undefined) throw new Error('there is no key');
  const { id = '' } = announcement;
  const owned = { ...announcement, id: signer.idFor(id) };
  return signer.sign('mapped-discovery', { announcement: owned, left });
}

/** Starts the gateway with this file in place of its snapshot. */
async function startWith(...statements: Statement[]): Promise<void> {
  const file = attacked.file('table.snapshot');
  await snapshotAt({ file, logger: silentLogger }).save({ statements, rollouts: [] });
  await attacked.startGateway({}, { ROLLCALL_SNAPSHOT: file });
}

const up = (announcement: object): Statement => ({
  announcement: announcement as Announcement,
  left: false,
});
const left = (announcement: object): Statement => ({
  announcement: announcement as Announcement,
  left: true,
});

/** What the owner announced in an earlier run, at the address of another program by now. */
function earlier(fields: object = {}): Announcement {
  return attacked.forged({ id: 'owner', ...fields }) as Announcement;
}

describe('a snapshot that was replaced while the gateway did not run', () => {
  it.each<[what: string, code: string, announcement: () => object]>([
    ['an announcement without a signature', 'unsigned', () => attacked.forged()],
    [
      'one that is signed by the key of another prefix',
      'not-owner',
      () => signedBy(OTHER, earlier()),
    ],
    [
      'one of the owner with another address',
      'bad-signature',
      () => ({ ...signedBy(OWNER, earlier()), address: '127.0.0.2' }),
    ],
  ])('cannot bring in %s', async (_what, code, announcement) => {
    await startWith(up(announcement()));
    expect(await attacked.instances()).toEqual([]);
    expect(await attacked.served()).toBe('404');
    expect(await attacked.timesRefused(code)).toBe(1);
    await attacked.gateway.program.line(new RegExp(`refused snapshot \\(${code}\\)`));
    const { refused } = await explained(attacked.gateway, '/v1/health');
    expect(refused).toMatchObject([{ event: 'snapshot', code }]);
    await attacked.startOwner();
  });

  it('cannot withdraw an instance by an exit that its owner has not sent', async () => {
    await attacked.startGateway();
    await attacked.startOwner();
    const captured = await attacked.captured();
    const { sig: _, ...unsigned } = captured;
    attacked.gateway.program.end();
    await attacked.gateway.program.ended;
    await startWith(left(captured), left(unsigned));
    expect(await attacked.timesRefused('bad-signature')).toBe(1);
    expect(await attacked.timesRefused('unsigned')).toBe(1);
    await expect.poll(() => attacked.served()).toBe('owner');
    await attacked.isUnharmed();
  });

  it('can bring back an earlier run of an owner, whose place the run of now takes', async () => {
    await startWith(up(signedBy(OWNER, earlier({ id: 'fixed' }))));
    // Its signature is genuine, and a program answers at its address: see "What remains" in docs/trust.md.
    await expect.poll(() => attacked.served()).toBe('attacker');
    const now = signedBy(OWNER, earlier({ id: 'fixed', inc: 2, port: 9 }), true);
    await cluster.publish('exit', now);
    await expect.poll(() => attacked.served()).toBe('503');
    await cluster.publish('register', signedBy(OWNER, earlier({ id: 'fixed' })));
    await cluster.publish('register', attacked.forged({ prefix: '/last' }));
    await expect.poll(() => attacked.served('/last')).toBe('attacker');
    expect(await attacked.served()).toBe('503');
  });
});
