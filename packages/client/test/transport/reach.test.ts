import { once } from 'node:events';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { discover, register } from '@rollcall/client';
import type { RegistryConfig } from '@rollcall/client';
import { ONE } from '../../../../test/support/certificates.ts';
import { connectionTo, onlyConnection } from '../../../../test/support/connection.ts';
import { whyUnreachable } from '../../src/transport/reach.ts';

const servers: Server[] = [];
afterEach(() => servers.splice(0).forEach((server) => server.close()));

async function portOf(server: Server): Promise<number> {
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

const tlsServer = (): Promise<number> => portOf(createTlsServer(ONE));
const httpServer = (): Promise<number> => portOf(createServer((_, response) => response.end()));
const tls = { PUSHER_APP_SECURE: '1' };

/** The messages of `register()` and `discover()` that require the broker. */
async function messagesOf(registry: RegistryConfig): Promise<string[]> {
  const options = { registry, requireBroker: true };
  const outcomes = await Promise.allSettled([
    register({ prefix: '/v1', port: 1, ...options }),
    discover(options),
  ]);
  return outcomes.map((each) => (each.status === 'rejected' ? String(each.reason) : 'none'));
}

it('reports a certificate that is not trusted, and what to do', async () => {
  const messages = await messagesOf(connectionTo(await tlsServer(), tls));
  for (const message of messages)
    expect(message).toMatch(/\(.*(SELF_SIGNED|UNABLE_TO_VERIFY).*\).*NODE_EXTRA_CA_CERTS/);
});

it('reports TLS to a port without it, and HTTP to a port with it', async () => {
  for (const message of await messagesOf(connectionTo(await httpServer(), tls)))
    expect(message).toMatch(/the port may not speak TLS: set PUSHER_APP_SECURE=0/);
  for (const message of await messagesOf(connectionTo(await tlsServer())))
    expect(message).toMatch(/the port may speak TLS, or no HTTP: set PUSHER_APP_SECURE=1/);
});

it('takes the 400 of a TLS port as such', async () => {
  const port = await portOf(
    createServer((_, response) =>
      response.writeHead(400).end('The plain HTTP request was sent to HTTPS port'),
    ),
  );
  expect(
    await whyUnreachable(onlyConnection(connectionTo(port)), new AbortController().signal),
  ).toBe('EPROTO');
});

it('gives no warning about a broker with TLS at an IP address', async () => {
  const warnings: string[] = [];
  const onWarning = (warning: Error): void => void warnings.push(warning.message);
  process.on('warning', onWarning);
  await messagesOf(connectionTo(await tlsServer(), tls));
  process.off('warning', onWarning);
  expect(warnings.filter((each) => /ServerName|IP address/.test(each))).toEqual([]);
});
