import { once } from 'node:events';
import { connect as connectPlainly } from 'node:net';
import type { Socket } from 'node:net';
import { duplexPair } from 'node:stream';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { connect } from 'node:tls';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import { describe, expect, it } from 'vitest';
import {
  ALICE,
  API,
  CLIENT_CA,
  ONE,
  TWO,
  WILDCARD,
} from '../../../../test/support/certificates.ts';
import { afterwards, start, to, upstream } from '../harness.ts';
import type { ClientCertificate, Decide, TlsSettings } from '../../src/index.ts';

const SITES: TlsSettings = { certificate: ONE, certificates: [API, WILDCARD] };

/** A client that has agreed on a secret, without a look at the certificate. */
async function secured(port: number, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options });
  afterwards(() => socket.destroy());
  socket.on('error', () => {});
  await once(socket, 'secureConnect');
  return socket;
}

/** The common name of the certificate that a client gets who asks for this name. */
async function shown(port: number, servername: string): Promise<unknown> {
  const socket = await secured(port, { servername });
  const { CN } = socket.getPeerCertificate().subject;
  socket.destroy();
  return CN;
}

/** Sends the first bytes in pieces, each on its own. */
function inPieces(socket: Socket): Duplex {
  const [end, other] = duplexPair();
  socket.pipe(other);
  let isFirst = true;
  other.on('data', (bytes: Buffer) => {
    const cuts = isFirst ? [3, 100] : [];
    isFirst = false;
    let from = 0;
    for (const [index, to] of [...cuts, bytes.length].entries()) {
      const piece = bytes.subarray(from, to);
      setTimeout(() => socket.write(piece), index * 20);
      from = to;
    }
  });
  return end;
}

/** Answers with what the client has proved. */
const decide: Decide = () => ({
  type: 'forward',
  target: '/',
  filters: [
    {
      name: 'proved',
      onRequest: ({ clientCertificate = null }) => ({
        status: 200,
        body: JSON.stringify(clientCertificate),
      }),
    },
  ],
  next: () => undefined,
});

/** Answers each request with what its client has proved. */
async function askedFor(
  tls: TlsSettings,
): Promise<(options?: ConnectionOptions) => Promise<unknown>> {
  const { port } = await start(decide, { tls });
  return async (options) => {
    const socket = await secured(port, options);
    socket.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    const [, body = ''] = (await text(socket)).split('\r\n\r\n');
    return JSON.parse(body);
  };
}

/** A session of a first connection. */
async function sessionAt(port: number, options: ConnectionOptions = {}): Promise<Buffer> {
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options });
  afterwards(() => socket.destroy());
  const [session] = (await once(socket, 'session')) as [Buffer];
  return session;
}

describe('a proxy with several certificates', () => {
  it('shows the one with the name that the client asks for, and the default to all others', async () => {
    const { port } = await start(to(), { tls: SITES });
    expect(await shown(port, 'api.example.com')).toBe('api');
    expect(await shown(port, 'API.example.com')).toBe('api');
    expect(await shown(port, 'www.example.com')).toBe('wildcard');
    // A wildcard stands for one label.
    expect(await shown(port, 'a.b.example.com')).toBe('one');
    expect(await shown(port, 'example.com')).toBe('one');
    expect(await shown(port, 'localhost')).toBe('one');
    expect((await secured(port)).getPeerCertificate().subject.CN).toBe('one');
  });

  it('refuses the handshake for a name without a certificate if there is no default', async () => {
    const { port } = await start(to(), { tls: { certificates: [API] } });
    expect(await shown(port, 'api.example.com')).toBe('api');
    await expect(shown(port, 'other.example.com')).rejects.toThrow(/handshake failure/);
  });

  it('takes over other certificates without touching open connections', async () => {
    const { proxy, port } = await start(to(), { tls: SITES });
    const before = await secured(port, { servername: 'api.example.com' });
    proxy.configure({ tls: { certificate: TWO } });
    expect(await shown(port, 'api.example.com')).toBe('two');
    expect(before.destroyed).toBe(false);
    expect(() => proxy.configure({ tls: { certificates: [{ ...API, key: ONE.key }] } })).toThrow(
      /belong together/,
    );
    expect(await shown(port, 'localhost')).toBe('two');
  });

  it('refuses versions of TLS below 1.2', async () => {
    const { port } = await start(to(), { tls: SITES });
    const old = {
      minVersion: 'TLSv1',
      maxVersion: 'TLSv1.1',
      ciphers: 'DEFAULT@SECLEVEL=0',
    } as const;
    await expect(secured(port, old)).rejects.toThrow(/version/);
    expect((await secured(port, { maxVersion: 'TLSv1.2' })).getProtocol()).toBe('TLSv1.2');
  });
});

describe('a proxy that answers TLS-ALPN-01', () => {
  const tls = { ...SITES, challenges: new Map([['api.example.com', TWO]]) };

  it('shows the certificate of the challenge to the validator, and the usual one to clients', async () => {
    const { port } = await start(to(), { tls });
    const servername = 'api.example.com';
    const validator = await secured(port, { servername, ALPNProtocols: ['acme-tls/1'] });
    expect(validator.alpnProtocol).toBe('acme-tls/1');
    expect(validator.getPeerCertificate().subject.CN).toBe('two');
    await once(validator.resume(), 'close');
    const client = await secured(port, { servername, ALPNProtocols: ['http/1.1'] });
    expect(client.getPeerCertificate().subject.CN).toBe('api');
  });

  it('serves a client whose ClientHello comes in pieces while a challenge is pending', async () => {
    const there = await upstream((_request, response) => response.end('ok'));
    const { port } = await start(to(there), { tls });
    const socket = connect({
      socket: inPieces(connectPlainly(port, '127.0.0.1').setNoDelay()),
      servername: 'api.example.com',
      rejectUnauthorized: false,
    });
    afterwards(() => socket.destroy());
    await once(socket, 'secureConnect');
    socket.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    expect(await text(socket)).toMatch(/ 200 /);
  });

  it('knows the protocol only while a challenge is pending', async () => {
    const { proxy, port } = await start(to(), { tls });
    proxy.configure({ tls: SITES });
    await expect(secured(port, { ALPNProtocols: ['acme-tls/1'] })).rejects.toThrow(/protocol/);
  });

  it('answers for no other name', async () => {
    const { port } = await start(to(), { tls });
    const other = { servername: 'www.example.com', ALPNProtocols: ['acme-tls/1'] };
    await expect(secured(port, other)).rejects.toThrow(/handshake failure/);
  });
});

describe('a proxy with a CA of clients', () => {
  it('offers to filters what a client has proved, on every connection with any of its certificates', async () => {
    const proved: ClientCertificate = {
      subject: 'CN=alice,O=Example',
      names: ['DNS:alice.example', 'URI:spiffe://example/alice'],
      fingerprint: ALICE.fingerprint,
      validFrom: Date.parse(ALICE.validFrom),
      validUntil: Date.parse(ALICE.validTo),
    };
    const ask = await askedFor({ ...SITES, clientCa: CLIENT_CA });
    expect(await ask(ALICE)).toEqual(proved);
    expect(await ask({ ...ALICE, servername: 'api.example.com' })).toEqual(proved);
    expect(await ask({ ...ALICE, maxVersion: 'TLSv1.2' })).toEqual(proved);
  });

  it('serves clients without a certificate, or with one of another CA, as unproved', async () => {
    const ask = await askedFor({ ...SITES, clientCa: CLIENT_CA });
    expect(await ask()).toBe(null);
    expect(await ask({ ...TWO })).toBe(null);
  });

  it('does not ask without a CA', async () => {
    const ask = await askedFor(SITES);
    expect(await ask(ALICE)).toBe(null);
  });
});

describe('sessions', () => {
  const ticketKeys = Buffer.alloc(48, 7);

  it.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'are resumed by another process with the same ticket keys: %s',
    async (maxVersion) => {
      const one = await start(to(), { tls: { ...SITES, ticketKeys } });
      const two = await start(to(), { tls: { ...SITES, ticketKeys } });
      const options = { maxVersion, servername: 'api.example.com' };
      const session = await sessionAt(one.port, options);
      expect((await secured(two.port, { ...options, session })).isSessionReused()).toBe(true);
      const other = await start(to(), { tls: SITES });
      expect((await secured(other.port, { ...options, session })).isSessionReused()).toBe(false);
    },
  );

  it('end with another CA of clients, because they carry what the first handshake proved', async () => {
    const tls = { ...SITES, clientCa: CLIENT_CA, ticketKeys };
    const { proxy, port } = await start(to(), { tls });
    const session = await sessionAt(port, ALICE);
    expect((await secured(port, { ...ALICE, session })).isSessionReused()).toBe(true);
    proxy.configure({ tls: { ...tls, clientCa: String(TWO.cert) } });
    expect((await secured(port, { ...ALICE, session })).isSessionReused()).toBe(false);
  });
});
