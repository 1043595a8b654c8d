import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { RollcallError } from '@rollcall/protocol';
import { targetsOf } from '../../src/notify/targets.ts';
import { resolveConfig } from '../../src/settings/config.ts';
import type { GatewayConfig } from '../../src/settings/config.ts';

const folder = mkdtempSync(join(tmpdir(), 'rollcall-notify-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(content: string): string {
  const name = join(folder, String(content.length));
  writeFileSync(name, content);
  return name;
}

const URL = 'https://hooks.example.com/T0/s3cret';
const withTarget = (target: object): GatewayConfig => ({ notify: { targets: [target] } });

describe('targets of notifications', () => {
  it.each([
    ['hooks.example.com/T0/s3cret'],
    ['ftp://hooks.example.com/s3cret'],
    ['https://hooks.example.com/#s3cret'],
  ])('are refused without showing the URL: %s', (url) => {
    expect(() => resolveConfig(withTarget({ url }))).toThrow(
      new RollcallError(
        'ROLLCALL_CONFIG',
        '`notify.targets.0.url` must be an http: or https: URL without a fragment',
      ),
    );
  });

  it('are refused with a password that cannot be sent', () => {
    expect(() => resolveConfig(withTarget({ url: 'https://a:s3%cret@hooks.example.com' }))).toThrow(
      '`notify.targets.0.url` must have `%25` for each `%` of its password',
    );
  });

  it.each<[object, string]>([
    [{}, '`notify.targets.0` needs `url` or `urlFile`'],
    [{ url: URL, urlFile: 'x' }, '`notify.targets.0.urlFile` cannot be used with `url`'],
    [
      { urlFile: file('no URL s3cret') },
      '`notify.targets.0.urlFile` must hold an http: or https: URL without a fragment',
    ],
    [
      { urlFile: join(folder, 'none') },
      `\`notify.targets.0.urlFile\` cannot read ${join(folder, 'none')} (ENOENT)`,
    ],
    [{ url: URL, secretFile: file('\n') }, '`notify.targets.0.secretFile` is empty'],
    [
      { url: URL, kind: 'slack', secret: 'x' },
      '`notify.targets.0.secret` is for the kind `webhook`: Slack checks no signature',
    ],
    [
      { url: URL, events: ['up'] },
      '`notify.targets.0.events.0` is "up"; it must be one of down, suspect, recovered, ejected, doubt, conflict, version, certificate',
    ],
    [{ url: URL, events: [] }, '`notify.targets.0.events` is empty'],
  ])('%j is refused with the reason', (target, message) => {
    expect(() => resolveConfig(withTarget(target))).toThrow(
      new RollcallError('ROLLCALL_CONFIG', message),
    );
  });

  it('are refused if two have one URL', () => {
    const config = { notify: { targets: [{ url: URL }, { url: URL, kind: 'slack' }] } } as const;
    expect(() => resolveConfig(config)).toThrow(
      new RollcallError('ROLLCALL_CONFIG', '`notify.targets.1` has the URL of another target'),
    );
  });

  it('are read from files, and called the same at every gateway', () => {
    const config = withTarget({ urlFile: file(`${URL}\n`), secretFile: file('a secret\n') });
    const [target] = targetsOf(resolveConfig(config).notify);
    expect(target).toMatchObject({
      url: URL,
      secret: 'a secret',
      origin: 'https://hooks.example.com',
    });
    const [other] = targetsOf(resolveConfig(withTarget({ url: URL, secret: 'a secret' })).notify);
    expect(other?.id).toBe(target?.id);
    expect(target?.id).not.toContain('s3cret');
  });
});
