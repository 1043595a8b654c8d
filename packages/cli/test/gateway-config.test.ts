import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { registryFromEnv } from '@rollcall/client';
import { gatewayConfig } from '../src/gateway-config.ts';
import type { ConfigOptions } from '../src/gateway-config.ts';

const folder = mkdtempSync(join(tmpdir(), 'rollcall-config-'));
const config = join(folder, 'rollcall.json');
writeFileSync(
  config,
  JSON.stringify({
    port: 1,
    workers: 1,
    limits: { headMs: 1, answerMs: 1, totalMs: 1, idleMs: 1 },
  }),
);
afterAll(() => rmSync(folder, { recursive: true }));

function read(options: ConfigOptions, env: Record<string, string> = {}) {
  return gatewayConfig(options, { XDG_STATE_HOME: '/state', ...env }, registryFromEnv({}));
}

describe('the configuration of a gateway', () => {
  it('takes flags first, then --set, variables, ROLLCALL_SET and the file', () => {
    const env = {
      ROLLCALL_CONFIG: config,
      ROLLCALL_SET: 'limits.answerMs=2 limits.totalMs=2\nport=2 workers=2',
      PORT: '3',
      ROLLCALL_WORKERS: '3',
    };
    const options = { port: '5', set: ['limits.totalMs=4', 'workers=4'] };
    expect(read(options, env)).toMatchObject({
      port: 5,
      workers: 4,
      limits: { headMs: 1, answerMs: 2, totalMs: 4 },
    });
  });

  it('keeps the snapshot in the state folder by default', () => {
    expect(read({}).snapshot).toMatch(/^\/state\/rollcall\/[0-9a-f]{12}\.snapshot$/);
    expect(read({ snapshot: 'none' }).snapshot).toBe('none');
    expect(read({}, { ROLLCALL_SNAPSHOT: 'table' }).snapshot).toBe('table');
  });

  it('enables traces if a collector is configured', () => {
    expect(read({}, { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://localhost:4318' }).traces).toBe(true);
    expect(read({}).traces).toBeUndefined();
  });

  it('reports the faults of all sources at once', () => {
    const options = { port: 'x', set: ['limits.anwserMs=1'] };
    expect(() => read(options, { ROLLCALL_WORKERS: '0' })).toThrow(
      expect.objectContaining({
        code: 'ROLLCALL_CONFIG',
        message: [
          'ROLLCALL_WORKERS is "0"; it must be a whole number from 1 to 256, or "auto"',
          '--set: unknown key `limits.anwserMs`: did you mean `answerMs`?',
          '--port is "x"; it must be a whole number from 0 to 65535',
        ].join('\n'),
      }),
    );
  });

  it.each([
    [{ host: 'example.com' }, /^--host is "example\.com"; it must be an IP address/],
    [{ domain: 'http://x' }, /^--domain is "http:\/\/x"; it must be hosts separated by commas/],
    [{ allow: '10.0.0.0/8,x' }, /^--allow has the item "x"; it must be an address range/],
    [{ accessLog: 'file' }, /^--access-log is "file"; it must be one of off, stdout, stderr$/],
    [{ accessLogSample: '2' }, /^--access-log-sample is "2"; it must be a number from 0 to 1$/],
    [{ dnsTtl: '86401' }, /^--dns-ttl is "86401"; it must be a whole number of seconds from 0/],
    [{ set: ['adminToken=0123456789abcdef'] }, /^--set: `adminToken` must not stand in a file/],
  ])('is refused with %j', (options, message) => {
    expect(() => read(options)).toThrow(message);
  });
});
