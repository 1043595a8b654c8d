import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { heldCertificate } from '../../src/certificates/pem.ts';
import { storeAt } from '../../src/certificates/store.ts';
import { API } from '../../../../test/support/certificates.ts';

const parent = mkdtempSync(join(tmpdir(), 'rollcall-store-'));
afterAll(() => rmSync(parent, { recursive: true }));

const NAME = 'api.example.com';
const HELD = heldCertificate(String(API.cert), String(API.key), NAME);

describe('the certificates on disk', () => {
  it('are read as they were written, by their owner only', async () => {
    const folder = join(parent, 'new', 'folder');
    const store = storeAt(folder);
    expect(await store.load(NAME)).toBeUndefined();
    if (HELD !== undefined) await store.save(NAME, HELD);
    expect(await store.load(NAME)).toEqual(HELD);
    expect(statSync(join(folder, `${NAME}.pem`)).mode & 0o777).toBe(0o600);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
  });

  it('are ordered anew if they are damaged or for another name', async () => {
    const store = storeAt(parent);
    writeFileSync(join(parent, 'damaged.example.com.pem'), `${String(API.key)}no certificate`);
    writeFileSync(join(parent, 'other.example.com.pem'), String(API.key) + String(API.cert));
    expect(await store.load('damaged.example.com')).toBeUndefined();
    expect(await store.load('other.example.com')).toBeUndefined();
  });

  it('have one account, whose key is made once', async () => {
    const store = storeAt(join(parent, 'account'));
    expect(await store.accountKey(async () => 'one')).toBe('one');
    expect(await store.accountKey(async () => 'two')).toBe('one');
  });

  it('are a fault of the configuration if they cannot be read', async () => {
    const file = join(parent, 'file');
    writeFileSync(file, '');
    await expect(storeAt(file).load(NAME)).rejects.toMatchObject({ code: 'ROLLCALL_CONFIG' });
  });
});
