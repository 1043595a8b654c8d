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
  it('reads all that there is', () => {
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
    expect(read(options)).toEqual(options);
  });

  it('reads the files of TLS from the folder that it is in', () => {
    writeFileSync(join(folder, 'cert.pem'), 'a certificate');
    writeFileSync(join(folder, 'key.pem'), 'a key');
    expect(() => read({ apps: [app], tls: { cert: 'cert.pem', key: 'key.pem' } })).toThrow(
      `the TLS certificate ${folder}/cert.pem and key ${folder}/key.pem cannot be used`,
    );
  });

  it('is enough for a broker with several apps', async () => {
    const other = { ...app, appId: '2', key: 'other' };
    const broker = await createBroker(read({ apps: [app, other] }));
    await broker.close();
  });

  it.each([
    ['{', /broker\.json:?\d*: not JSON: /],
    [[], /broker\.json:1: the content is a list; it must be an object$/],
    [{}, /:1: `apps` is missing$/],
    [{ apps: {} }, /:1: `apps` is an object; it must be a list of at least 1 objects$/],
    [{ apps: [{ appId: '1', secret: 's3cret' }] }, /:1: `apps\.0\.key` is missing$/],
    [{ apps: [{ ...app, secret: 7 }] }, /: `apps\.0\.secret` is invalid; it must be a string/],
    [
      { apps: [{ ...app, secrte: 'x' }] },
      /: unknown key `apps\.0\.secrte`: did you mean `secret`\?$/,
    ],
    [{ apps: [{ ...app, enabled: 'no' }] }, /`apps\.0\.enabled` is a string; it must be true or/],
    [{ apps: [app], port: 's3cret' }, /: `port` is a string; it must be a whole number from 0/],
    [{ apps: [{ ...app, webhooks: [{}] }] }, /: `apps\.0\.webhooks\.0\.url` is missing$/],
    [
      { apps: [{ ...app, webhooks: [{ url: 'http://x', events: ['cats'] }] }] },
      /`apps\.0\.webhooks\.0\.events\.0` is "cats"; it must be one of channel_occupied, /,
    ],
    [{ apps: [app], tls: { cert: 'none.pem', key: 'k' } }, /cannot read .*none\.pem \(ENOENT\)$/],
    [{ apps: [app], metrics: {} }, /: `metrics\.port` is missing$/],
  ])('refuses %j, in one line without a secret', (content, message) => {
    const error = expect.objectContaining({
      code: 'ROLLCALL_CONFIG',
      message: expect.stringMatching(message) as string,
    }) as Error;
    expect(() => read(content)).toThrow(error);
    expect(() => read(content)).not.toThrow('s3cret');
  });

  it('says which file it cannot read', () => {
    expect(() => readConfigFile(file)).toThrow(`cannot read ${file} (ENOENT)`);
  });
});
