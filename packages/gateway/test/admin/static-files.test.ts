import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { staticFiles } from '../../src/admin/static-files.ts';
import type { Access } from '../../src/admin/access.ts';
import { access as accessBy, setup, TOKEN } from './setup.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rollcall-dashboard-'));
  mkdirSync(join(folder, 'assets'));
  writeFileSync(join(folder, 'index.html'), '<p>page</p>');
  writeFileSync(join(folder, 'assets/a-1.js'), 'script()');
  writeFileSync(join(folder, '.env'), 'SECRET=1');
});
afterEach(() => rmSync(folder, { recursive: true }));

async function app(access?: Access) {
  return setup({ pages: await staticFiles(folder), ...(access !== undefined && { access }) });
}

describe('the static files at the admin port', () => {
  it('are cached for good if their name has a hash of the content, and revalidated otherwise', async () => {
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

  it('are compressed if the browser accepts gzip, and answered with 304 if it has them', async () => {
    const { ask } = await app();
    const first = await ask('/', { headers: { 'accept-encoding': 'br, gzip' } });
    expect(first.headers.get('content-encoding')).toBe('gzip');
    expect(gunzipSync(await first.arrayBuffer()).toString()).toBe('<p>page</p>');
    const etag = first.headers.get('etag') ?? '';
    const again = await ask('/', { headers: { 'if-none-match': etag } });
    expect([again.status, await again.text()]).toEqual([304, '']);
  });

  it('do not expose other files of the folder or its parents', async () => {
    const { ask } = await app();
    for (const path of ['/.env', '/assets', '/assets/', '/index.html', '/..%2f..%2fetc/passwd'])
      expect((await ask(path)).status).toBe(404);
    expect((await ask('/', { method: 'POST' })).status).toBe(401);
  });

  it('need no token, because they hold nothing about this gateway', async () => {
    const { app: admin } = await app(accessBy({ adminToken: TOKEN }, false));
    expect((await admin.request('/')).status).toBe(200);
    expect((await admin.request('/api/status')).status).toBe(401);
  });

  it('are an error if the folder does not exist', async () => {
    await expect(staticFiles(join(folder, 'none'))).rejects.toMatchObject({
      code: 'ROLLCALL_CONFIG',
      message: expect.stringContaining(join(folder, 'none')),
    });
  });

  it('are optional', async () => {
    const { ask } = setup();
    expect((await ask('/')).status).toBe(404);
    expect((await ask('/api/status')).status).toBe(200);
  });
});
