import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { dashboard } from '../../src/admin/dashboard.ts';
import { setup } from './setup.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rollcall-dashboard-'));
  mkdirSync(join(folder, 'assets'));
  writeFileSync(join(folder, 'index.html'), '<p>page</p>');
  writeFileSync(join(folder, 'assets/a-1.js'), 'script()');
  writeFileSync(join(folder, '.env'), 'SECRET=1');
});
afterEach(() => rmSync(folder, { recursive: true }));

async function app(access?: { isLocal: boolean; token: string }) {
  return setup({ pages: await dashboard(folder), ...(access !== undefined && { access }) });
}

describe('the files of the dashboard', () => {
  it('are served: the page to be asked for again, what its name changes with for good', async () => {
    const { ask } = await app();
    const page = await ask('/');
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(page.headers.get('cache-control')).toBe('no-cache');
    expect(await page.text()).toBe('<p>page</p>');
    const script = await ask('/assets/a-1.js');
    expect(script.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    expect(script.headers.get('cache-control')).toBe('max-age=31536000, immutable');
    expect(script.headers.get('x-content-type-options')).toBe('nosniff');
  });

  it('are sent once, and compressed to who takes that', async () => {
    const { ask } = await app();
    const first = await ask('/', { headers: { 'accept-encoding': 'br, gzip' } });
    expect(first.headers.get('content-encoding')).toBe('gzip');
    expect(gunzipSync(await first.arrayBuffer()).toString()).toBe('<p>page</p>');
    const etag = first.headers.get('etag') ?? '';
    const again = await ask('/', { headers: { 'if-none-match': etag } });
    expect([again.status, await again.text()]).toEqual([304, '']);
  });

  it('are nothing else that lies there or around', async () => {
    const { ask } = await app();
    for (const path of ['/.env', '/assets', '/assets/', '/index.html', '/..%2f..%2fetc/passwd'])
      expect((await ask(path)).status).toBe(404);
    expect((await ask('/', { method: 'POST' })).status).toBe(401);
  });

  it('need no token, for they tell nothing of the gateway', async () => {
    const { app: admin } = await app({ isLocal: false, token: 'a-token-of-enough-length' });
    expect((await admin.request('/')).status).toBe(200);
    expect((await admin.request('/api/status')).status).toBe(401);
  });

  it('are under 60 KB in all, as they go over the wire', async () => {
    const { app: admin } = setup({ pages: await dashboard() });
    const paths = admin.routes.map(({ path }) => path).filter((path) => /^\/$|assets/.test(path));
    expect(paths.length).toBeGreaterThanOrEqual(4);
    const headers = { host: 'localhost', 'accept-encoding': 'gzip' };
    const sizes = paths.map(
      async (path) => (await (await admin.request(path, { headers })).arrayBuffer()).byteLength,
    );
    const total = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
    expect(total).toBeLessThan(60_000);
  });

  it('are none where they were not built', async () => {
    const { ask } = setup({ pages: await dashboard(join(folder, 'none')) });
    expect((await ask('/')).status).toBe(404);
    expect((await ask('/api/status')).status).toBe(200);
  });
});
