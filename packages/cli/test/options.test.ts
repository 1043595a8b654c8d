import { describe, expect, it } from 'vitest';
import { listenHost, listenPort } from '../src/options.ts';

const mistake = (message: RegExp) =>
  expect.objectContaining({
    code: 'ROLLCALL_CONFIG',
    message: expect.stringMatching(message) as string,
  }) as Error;

describe('listenPort', () => {
  it.each([
    [[['--port', undefined]], 1500],
    [[['--port', '']], 1500],
    [
      [
        ['--port', ''],
        ['PORT', '80'],
      ],
      80,
    ],
    [
      [
        ['--port', '0'],
        ['PORT', '80'],
      ],
      0,
    ],
    [[['--port', '65535']], 65_535],
  ] as [[string, string | undefined][], number][])('of %j is %d', (sources, port) => {
    expect(listenPort(sources, 1500)).toBe(port);
  });

  it.each(['65536', '-1', '1.5', '1e3', ' 80', '0x50', '999999', 'x'])('refuses %j', (value) => {
    const sources = [['PORT', value]] as const;
    expect(() => listenPort(sources, 1500)).toThrow(
      mistake(/^PORT is ".*" *; it must be|^PORT is /),
    );
  });
});

describe('listenHost', () => {
  it.each(['127.0.0.1', '::1', '0.0.0.0', '::', 'localhost', '10.0.0.7'])('takes %s', (host) => {
    expect(listenHost('HOST', host)).toBe(host);
  });

  it.each(['example.com', '', '10.0.0', '224.0.0.1', '[::1]'])('refuses %j', (host) => {
    expect(() => listenHost('HOST', host)).toThrow(mistake(/^HOST is /));
  });
});
