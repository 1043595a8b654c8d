import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { DEFAULT_PROBE_RULES } from '@rollcall/protocol';
import { BALANCING } from '../../src/balancing/balancer.ts';
import { EJECTION } from '../../src/balancing/ejection.ts';
import { RETRIES } from '../../src/balancing/retry-budget.ts';
import { layered, parseSetting, readConfigFile } from '../../src/config/file.ts';
import { CONFIG_KEYS } from '../../src/config/schema.ts';
import { LIMITS } from '@rollcall/proxy';

const folder = mkdtempSync(join(tmpdir(), 'rollcall-config-'));
const file = join(folder, 'rollcall.json');
afterEach(() => rmSync(file, { force: true }));

function read(content: unknown) {
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return readConfigFile(file);
}

describe('a configuration file', () => {
  it('holds whatever can be set, with files from its own folder', () => {
    const config = read({
      port: 8443,
      tls: { cert: 'cert.pem', key: '/etc/key.pem' },
      snapshot: 'table',
      workers: 'auto',
      balancing: { policy: 'hash', hashBy: 'cookie:session' },
      limits: { headMs: 1000 },
      routes: { '/v1/': { limits: { answerMs: 50 }, balancing: { hashBy: 'header:X-User' } } },
    });
    expect(config).toEqual({
      port: 8443,
      tls: { cert: join(folder, 'cert.pem'), key: '/etc/key.pem' },
      snapshot: join(folder, 'table'),
      workers: 'auto',
      balancing: { policy: 'hash', hashBy: { type: 'cookie', name: 'session' } },
      limits: { headMs: 1000 },
      routes: {
        '/v1': {
          limits: { answerMs: 50 },
          balancing: { hashBy: { type: 'header', name: 'X-User' } },
        },
      },
    });
    expect(read({ snapshot: 'none' })).toEqual({ snapshot: 'none' });
  });

  it.each<[unknown, RegExp]>([
    ['{', /rollcall\.json is not JSON: /],
    [[], /: it must be an object$/],
    [{ prot: 1 }, /: prot is not known; there are host, port, /],
    [
      { limits: { answerSeconds: 1 } },
      /: limits\.answerSeconds is not known; there are bodyBytes, /,
    ],
    [{ limits: { answerMs: '5s' } }, /: limits\.answerMs must be a number$/],
    [{ limits: { answerMs: 0 } }, /: limits\.answerMs must be at least 1$/],
    [{ port: 70_000 }, /: port must be at most 65535$/],
    [{ probes: { successThreshold: 0 } }, /: probes\.successThreshold must be at least 1$/],
    [{ workers: 0 }, /: workers must be at least 1$/],
    [{ workers: 257 }, /: workers must be at most 256$/],
    [{ balancing: { policy: 'random' } }, /: balancing\.policy must be one of round-robin, /],
    [{ balancing: { hashBy: 'query:x' } }, /: balancing\.hashBy must be "address", /],
    [{ retries: { share: 2 } }, /: retries\.share must be from 0 to 1$/],
    [{ tls: { cert: 'c.pem' } }, /: tls\.key is missing$/],
    [{ routes: { '/v 1': {} } }, /: routes\.\/v 1 .*prefix/],
    [{ routes: { '/v1': { limits: { headMs: 1 } } } }, /limits\.headMs is not known; there are/],
    [{ routes: [] }, /: routes must be an object$/],
    [{ allow: '10.0.0.0/8' }, /: allow must be a list of strings$/],
  ])('that is %j is refused with the place of the fault', (content, message) => {
    expect(() => read(content)).toThrow(
      expect.objectContaining({
        code: 'ROLLCALL_CONFIG',
        message: expect.stringMatching(message),
      }),
    );
  });

  it('that is not there is named', () => {
    expect(() => readConfigFile(file)).toThrow(/rollcall\.json cannot be read: ENOENT/);
  });
});

describe('a single setting', () => {
  it.each([
    ['limits.answerMs=1000', { limits: { answerMs: 1000 } }],
    ['domain=api.example.com', { domain: 'api.example.com' }],
    ['allow=["10.0.0.0/8"]', { allow: ['10.0.0.0/8'] }],
    ['routes./v1.retries.share=0', { routes: { '/v1': { retries: { share: 0 } } } }],
  ])('%s is what the file would hold', (setting, config) => {
    expect(parseSetting(setting)).toEqual(config);
  });

  it.each([
    ['limits', /must be KEY=VALUE/],
    ['limits.answerMs=soon', /^limits\.answerMs=soon: limits\.answerMs must be a number$/],
    ['x=1', /: x is not known/],
  ])('%s is refused', (setting, message) => {
    expect(() => parseSetting(setting)).toThrow(message);
  });
});

describe('settings laid over others', () => {
  it('replace what they name and nothing else', () => {
    const below = parseSetting('limits.answerMs=1000');
    const above = parseSetting('limits.totalMs=2000');
    expect(layered([below, above])).toEqual({ limits: { answerMs: 1000, totalMs: 2000 } });
    expect(layered([parseSetting('allow=["a"]'), parseSetting('allow=["b"]')])).toEqual({
      allow: ['b'],
    });
  });

  it('take what requests are told apart by as one', () => {
    const config = layered([
      parseSetting('balancing.hashBy=header:X-User'),
      parseSetting('balancing.hashBy=address'),
    ]);
    expect(config).toEqual({ balancing: { hashBy: { type: 'address' } } });
  });
});

describe('the file that docs/reference/config.md shows', () => {
  it('can be read, and has every setting there is', () => {
    const document = readFileSync(
      join(import.meta.dirname, '../../../../docs/reference/config.md'),
      'utf8',
    );
    const [, section = ''] = document.split("## The gateway's config file");
    const [, shown = ''] = /```json\n([^]*?)```/.exec(section) ?? [];
    const config = read(shown);
    expect(Object.keys(config).toSorted()).toEqual(CONFIG_KEYS.toSorted());
    const { probes, balancing, ejection, retries, limits } = config;
    expect(probes).toEqual(DEFAULT_PROBE_RULES);
    expect({ ...BALANCING, ...balancing }).toEqual(BALANCING);
    expect(ejection).toEqual(EJECTION);
    expect(retries).toEqual(RETRIES);
    // No limit is no number of JSON.
    expect({ ...limits, bodyBytes: Infinity, totalMs: Infinity }).toEqual(LIMITS);
  });
});
