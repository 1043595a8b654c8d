import { describe, expect, it } from 'vitest';
import { describeEngine, parseEngineAddress } from '../../src/docker/engine-address.ts';

describe('the address of an engine', () => {
  it.each([
    ['unix:///run/docker.sock', { socketPath: '/run/docker.sock' }, '/run/docker.sock'],
    ['tcp://proxy', { host: 'proxy', port: 2375 }, 'proxy:2375'],
    ['tcp://127.0.0.1:80', { host: '127.0.0.1', port: 80 }, '127.0.0.1:80'],
    ['http://proxy:80/', { host: 'proxy', port: 80 }, 'proxy:80'],
    ['tcp://[::1]:2376', { host: '::1', port: 2376 }, '[::1]:2376'],
  ])('%s is read', (url, address, described) => {
    expect(parseEngineAddress(url)).toEqual(address);
    expect(describeEngine(parseEngineAddress(url))).toBe(described);
  });

  it.each(['', '/run/docker.sock', 'unix:/x', 'ssh://h', 'https://h', 'tcp://', 'tcp://h:1/x'])(
    '%j is refused',
    (url) => {
      expect(() => parseEngineAddress(url)).toThrow('the engine is');
    },
  );
});
