import { networkInterfaces } from 'node:os';
import { describe, expect, it } from 'vitest';
import { listenAddresses } from '../src/listen-addresses.ts';

describe('ownPlaces', () => {
  it.each([
    ['10.0.0.1', ['10.0.0.1']],
    ['::1', ['::1']],
    ['0:0:0:0:0:0:0:1', ['::1']],
    ['FD00::0007', ['fd00::7']],
    ['::ffff:10.0.0.1', ['10.0.0.1']],
    ['localhost', ['127.0.0.1', '::1']],
  ])('of %s are %j, in canonical form', (host, addresses) => {
    expect(listenAddresses(host, 1500)).toEqual(
      addresses.map((address) => ({ address, port: 1500 })),
    );
  });

  it.each(['0.0.0.0', '::'])('of %s are all addresses of this machine', (host) => {
    const all = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
    const places = listenAddresses(host, 1500);
    for (const { address } of all) expect(places).toContainEqual({ address, port: 1500 });
    expect(places.length).toBeGreaterThan(0);
  });
});
