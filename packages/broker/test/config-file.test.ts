import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createBroker, readConfigFile } from '@rollcall/broker';

const app = { appId: '1', key: 'key', secret: 's3cret' };

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rollcall-config-'));
  file = join(folder, 'broker.json');
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function read(content: unknown) {
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return readConfigFile(file);
}

describe('readConfigFile', () => {
  it('reads all that there is', async () => {
    const webhooks = [{ url: 'http://127.0.0.1:1/hooks', events: ['member_added'] }];
    const options = {
      apps: [
        app,
        {
          ...app,
          appId: '2',
          enabled: false,
          maxConnections: 5,
          subscriptionCounts: true,
          webhooks,
        },
      ],
      host: '127.0.0.1',
      port: 0,
      metrics: { host: '127.0.0.1', port: 0 },
      activityTimeoutMs: 5_000,
      pongTimeoutMs: 5_000,
      maxSubscriptions: 7,
      maxPublicSubscriptions: 5,
      maxUnreadBytes: 1_000,
    };
    expect(await read(options)).toEqual(options);
  });

  it('reads the files of TLS from the folder that it is in', async () => {
    writeFileSync(join(folder, 'cert.pem'), 'a certificate');
    writeFileSync(join(folder, 'key.pem'), 'a key');
    const { tls } = await read({ apps: [app], tls: { cert: 'cert.pem', key: 'key.pem' } });
    expect(tls).toEqual({ cert: 'a certificate', key: 'a key' });
  });

  it('is enough for a broker with several apps', async () => {
    const other = { ...app, appId: '2', key: 'other' };
    const broker = await createBroker(await read({ apps: [app, other] }));
    await broker.close();
  });

  it.each([
    ['{', /broker\.json is not JSON$/],
    [[], /broker\.json: it must be an object$/],
    [{}, /: apps is missing$/],
    [{ apps: {} }, /: apps must be a list$/],
    [{ apps: [{ appId: '1' }] }, /: apps\.0\.key is missing$/],
    [{ apps: [{ ...app, secret: 7 }] }, /: apps\.0\.secret must be a string$/],
    [{ apps: [{ ...app, secrte: 'x' }] }, /: apps\.0\.secrte is not known; there are appId, /],
    [{ apps: [{ ...app, enabled: 'no' }] }, /enabled must be true or false$/],
    [{ apps: [app], port: '6001' }, /: port must be a number$/],
    [{ apps: [{ ...app, webhooks: [{}] }] }, /webhooks\.0\.url is missing$/],
    [
      { apps: [{ ...app, webhooks: [{ url: 'http://x', events: ['cats'] }] }] },
      /webhooks\.0\.events\.0 must be one of channel_occupied, /,
    ],
    [{ apps: [app], tls: { cert: 'none.pem', key: 'k' } }, /cannot read .*none\.pem \(ENOENT\)$/],
    [{ apps: [app], metrics: {} }, /: metrics\.port is missing$/],
  ])('refuses %j, in one line without a secret', async (content, message) => {
    const error = await read(content).catch((caught: unknown) => caught);
    expect(error).toMatchObject({
      code: 'ROLLCALL_CONFIG',
      message: expect.stringMatching(message) as string,
    });
    expect(String(error)).not.toContain('s3cret');
  });

  it('says which file it cannot read', async () => {
    await expect(readConfigFile(file)).rejects.toMatchObject({
      code: 'ROLLCALL_CONFIG',
      message: `cannot read ${file} (ENOENT)`,
    });
  });
});
