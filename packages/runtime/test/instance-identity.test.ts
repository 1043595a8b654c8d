import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:https';
import type { Server } from 'node:https';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { httpRequest, InstanceTls } from '@rollcall/runtime';
import type { Announcement } from '@rollcall/protocol';
import { TestAuthority } from '../../../test/support/authority.ts';
import type { IssueOptions } from '../../../test/support/authority.ts';

const ORDERS = 'spiffe://example.org/orders';

let folder: string;
let authority: TestAuthority;
let other: TestAuthority;
const servers: Server[] = [];
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rollcall-identity-'));
  authority = new TestAuthority(folder);
  other = new TestAuthority(folder, 'other');
});
afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What comes of a request to a server with this certificate that is to be this instance, and what the server has received. */
async function connected(
  tls: Announcement['tls'],
  issue: IssueOptions,
  by: TestAuthority = authority,
): Promise<{ outcome: string; received: number; sni: unknown }> {
  let received = 0;
  let sni: unknown;
  const server = createServer(by.issue('instance', issue).pem, (request, response) => {
    received++;
    sni = (request.socket as { servername?: unknown }).servername;
    response.end();
  });
  servers.push(server);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const address = '127.0.0.1';
  const result = await httpRequest({
    host: address,
    port,
    path: '/',
    timeoutMs: 5000,
    tls: new InstanceTls({ ca: authority.pem }).optionsFor({
      address,
      scheme: 'https',
      ...(tls && { tls }),
    }),
  });
  const outcome =
    'status' in result ? String(result.status) : `${result.code}: ${result.reason ?? ''}`;
  return { outcome, received, sni };
}

describe('a certificate proves that a server is the instance', () => {
  it.each([
    ['its address, if nothing is announced', undefined, ['IP:127.0.0.1'], false],
    [
      'the announced name',
      { serverName: 'orders.internal' },
      ['DNS:orders.internal'],
      'orders.internal',
    ],
    [
      'the announced name, by a wildcard',
      { serverName: 'a.svc.internal' },
      ['DNS:*.svc.internal'],
      'a.svc.internal',
    ],
    ['the announced SPIFFE ID', { spiffeId: ORDERS }, [`URI:${ORDERS}`], false],
    [
      'the announced SPIFFE ID, though its name is another',
      { spiffeId: ORDERS, serverName: 'orders.internal' },
      [`URI:${ORDERS}`, 'DNS:elsewhere.internal'],
      'orders.internal',
    ],
  ] as const)('if it is for %s', async (_what, tls, names, sni) => {
    expect(await connected(tls, { names })).toEqual({ outcome: '200', received: 1, sni });
  });
});

describe('a server without such a certificate is sent nothing', () => {
  it.each([
    [
      'the address alone',
      { serverName: 'orders.internal' },
      ['IP:127.0.0.1'],
      'orders.internal, and this one is for IP Address:127.0.0.1',
    ],
    [
      'another name',
      { serverName: 'orders.internal' },
      ['DNS:billing.internal'],
      'orders.internal, and this one is for DNS:billing.internal',
    ],
    [
      'another SPIFFE ID',
      { spiffeId: ORDERS },
      ['URI:spiffe://example.org/billing'],
      `${ORDERS}, and this one is for URI:spiffe://example.org/billing`,
    ],
    [
      'the name, without the SPIFFE ID',
      { spiffeId: ORDERS, serverName: 'orders.internal' },
      ['DNS:orders.internal'],
      `${ORDERS}, and this one is for DNS:orders.internal`,
    ],
    [
      'the SPIFFE ID and a further URI',
      { spiffeId: ORDERS },
      [`URI:${ORDERS}`, 'URI:spiffe://example.org/billing'],
      `${ORDERS}, and this one is for URI:${ORDERS}, URI:spiffe://example.org/billing`,
    ],
    [
      'a SPIFFE ID below it',
      { spiffeId: ORDERS },
      [`URI:${ORDERS}/a`],
      `${ORDERS}, and this one is for URI:${ORDERS}/a`,
    ],
    [
      'a name in which the SPIFFE ID is hidden',
      { spiffeId: ORDERS },
      [`DNS:"a, URI:${ORDERS}"`],
      `${ORDERS}, and this one is for DNS:"a\\u002c URI:${ORDERS}"`,
    ],
    ['nothing', undefined, [], '127.0.0.1, and this one is for CN=instance'],
  ] as const)('if it is for %s', async (_what, tls, names, reason) => {
    expect(await connected(tls, { names })).toEqual({
      outcome: `ERR_INSTANCE_IDENTITY: expected a certificate for ${reason}`,
      received: 0,
      sni: undefined,
    });
  });

  it('if it may sign others, as that of no workload may', async () => {
    const names = [`URI:${ORDERS}`];
    expect(await connected({ spiffeId: ORDERS }, { names, isAuthority: true })).toMatchObject({
      outcome: expect.stringContaining('(a certificate authority)') as string,
      received: 0,
    });
  });

  it('if it has expired', async () => {
    const names = [`URI:${ORDERS}`];
    expect(await connected({ spiffeId: ORDERS }, { names, hasExpired: true })).toMatchObject({
      outcome: `ERR_INSTANCE_IDENTITY: expected a certificate for ${ORDERS}, and this one has expired`,
      received: 0,
    });
  });

  it('if another authority has signed it', async () => {
    const names = [`URI:${ORDERS}`];
    expect(await connected({ spiffeId: ORDERS }, { names }, other)).toMatchObject({
      outcome: `ERR_INSTANCE_IDENTITY: expected a certificate for ${ORDERS}, and this one is not signed by an authority that is trusted`,
      received: 0,
    });
  });
});
