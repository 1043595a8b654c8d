import { request } from 'node:http';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createBroker } from '@rollcall/broker';
import type { BrokerOptions } from '@rollcall/broker';
import { hashToken } from '@rollcall/runtime/admin';
import { describe, expect, it, onTestFinished } from 'vitest';
import { RawClient } from '../raw-client.ts';
import { APP } from '../sdk.ts';

const TOKEN = 'a-token-of-enough-length';

async function start(options: Partial<BrokerOptions> = {}) {
  const broker = await createBroker({ apps: [APP], adminPort: 0, ...options });
  onTestFinished(() => broker.close());
  const ask = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(broker.adminUrl + path, { headers });
  return { broker, ask };
}

const tokenOf = (name: string) => `the-long-token-of-${name}`;

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

describe('the status of a broker without a bus', () => {
  it('has its one node, and what it holds', async () => {
    const { broker, ask } = await start();
    const client = new RawClient(broker);
    await client.next();
    await client.subscribe('news');
    const response = await ask('/api/status');
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
    const counts = { connections: 1, channels: 1, members: 0 };
    expect(await response.json()).toMatchObject({
      isReady: true,
      token: 'none',
      nodes: [{ status: 'self', report: { apps: [{ appId: APP.appId, ...counts }] } }],
      apps: [{ appId: APP.appId, thisNode: counts, allNodes: counts }],
    });
  });
});

describe('access', () => {
  it('needs the token for everything if one is set', async () => {
    const { ask } = await start({ adminToken: TOKEN });
    for (const headers of [{}, bearer('wrong'), bearer(`${TOKEN}x`), bearer(TOKEN.slice(1))]) {
      const response = await ask('/api/status', headers);
      expect([response.status, response.headers.get('www-authenticate')]).toEqual([
        401,
        'Bearer realm="rollcall"',
      ]);
    }
    const allowed = await ask('/api/status', bearer(TOKEN));
    expect(await allowed.json()).toMatchObject({ token: 'set' });
  });

  it('refuses changes without a token, and says how to set one', async () => {
    const { broker } = await start();
    const response = await fetch(`${broker.adminUrl}/api/status`, { method: 'POST' });
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({
      code: 'no-token-set',
      detail: expect.stringContaining('ROLLCALL_BROKER_ADMIN_TOKEN') as string,
    });
  });

  it('refuses other host names on loopback, which a web page could point at it', async () => {
    const { broker } = await start();
    const status = await new Promise((resolve, reject) => {
      request(`${broker.adminUrl}/api/status`, { headers: { host: 'evil.example' } })
        .once('response', (response) => {
          response.resume();
          resolve(response.statusCode);
        })
        .once('error', reject)
        .end();
    });
    expect(status).toBe(421);
  });

  it('is not open to others without a token', async () => {
    const options = { apps: [APP], adminPort: 0, adminHost: '0.0.0.0' };
    await expect(createBroker(options)).rejects.toThrow(
      'the admin API at 0.0.0.0 would be open to others: set ROLLCALL_BROKER_ADMIN_TOKEN, --admin-token-file or `adminTokens`',
    );
    const adminTokenFile = join(mkdtempSync(join(tmpdir(), 'rollcall-token-')), 'token');
    writeFileSync(adminTokenFile, `${TOKEN}\n`);
    const broker = await createBroker({ ...options, adminTokenFile });
    await broker.close();
    writeFileSync(adminTokenFile, 'short');
    await expect(createBroker({ ...options, adminTokenFile })).rejects.toThrow(
      /token: `adminToken` is invalid; it must be at least 16/,
    );
  });

  it.each([
    ['/nothing', 'GET', 404, 'unknown-path'],
    ['/api/status', 'PUT', 405, 'unknown-method'],
  ])('answers %s by %s with %i', async (path, method, status, code) => {
    const { broker } = await start({ adminToken: TOKEN });
    const response = await fetch(broker.adminUrl + path, { method, headers: bearer(TOKEN) });
    expect(await response.json()).toMatchObject({ status, code });
  });

  it('needs a token with the scope, and shows what the token may do', async () => {
    const adminTokens = {
      reader: { hash: hashToken(tokenOf('reader')), scopes: ['read' as const] },
      sender: { hash: hashToken(tokenOf('sender')), scopes: ['publish' as const] },
    };
    const options = { apps: [APP], adminPort: 0, adminTokens };
    const { broker, ask } = await start(options);
    const send = (name: string) =>
      fetch(`${broker.adminUrl}/api/apps/${APP.appId}/events`, {
        method: 'POST',
        headers: bearer(tokenOf(name)),
        body: JSON.stringify({ channel: 'news', name: 'greeting', data: '{}' }),
      });
    expect((await ask('/api/status')).status).toBe(401);
    const status = await ask('/api/status', bearer(tokenOf('reader')));
    expect(await status.json()).toMatchObject({
      token: 'set',
      caller: { name: 'reader', scopes: ['read'] },
    });
    expect((await send('sender')).status).toBe(200);
    for (const response of [
      await send('reader'),
      await ask('/api/status', bearer(tokenOf('sender'))),
    ]) {
      expect(response.status).toBe(403);
      expect(await response.json()).toMatchObject({ code: 'missing-scope' });
    }
    const { reader } = adminTokens;
    const stream = await ask(`/api/apps/${APP.appId}/events`, bearer(tokenOf('reader')));
    await broker.configure({ ...options, adminTokens: { reader } });
    expect((await send('sender')).status).toBe(401);
    await broker.configure({ ...options, adminTokens: {} });
    // Ends with the token that opened it.
    expect(await stream.text()).toMatch(/^:/);
  });

  it('is not served without a port for it', async () => {
    const broker = await createBroker({ apps: [APP] });
    onTestFinished(() => broker.close());
    expect(broker.adminUrl).toBeUndefined();
    expect((await fetch(`${broker.url}/api/status`)).status).toBe(404);
  });
});
