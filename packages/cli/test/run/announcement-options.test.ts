import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { announcedFields, announcementOptions } from '../../src/run/announcement-options.ts';

/** The announcement's fields by command-line arguments, after the required ones. */
function fields(...args: string[]): Record<string, unknown> {
  const command = new Command().exitOverride().configureOutput({ writeErr: () => {} });
  for (const option of announcementOptions()) command.addOption(option);
  command.parse(['--prefix', '/v1', '--port', '3000', ...args], { from: 'user' });
  return announcedFields(command.opts());
}

describe('the options of rollcall run that set fields of the announcement', () => {
  it('are required for the prefix and the port', () => {
    const required = announcementOptions().filter(({ mandatory }) => mandatory);
    expect(required.map(({ long }) => long)).toEqual(['--prefix', '--port']);
  });

  it.each([
    [['--address', '10.0.0.7'], { address: '10.0.0.7' }],
    [['--name', 'orders', '--service-version', '1.2'], { name: 'orders', version: '1.2' }],
    [['--zone', 'a', '--id', 'orders-1'], { zone: 'a', id: 'orders-1' }],
    [['--weight', '50', '--scheme', 'https'], { weight: 50, scheme: 'https' }],
    [['--health', '/health'], { health: { path: '/health' } }],
    [['--health', 'a.test:80/up'], { health: { path: '/up', host: 'a.test:80' } }],
    [['--health', 'health'], { health: { path: 'health' } }],
    [['--health', 'grpc'], { health: { path: '/', method: 'GRPC' } }],
    [['--health', 'grpc:a.Service'], { health: { path: '/a.Service', method: 'GRPC' } }],
    [['--scheme', 'h2c'], { scheme: 'h2c' }],
    [['--tls-server-name', 'orders.internal'], { tls: { serverName: 'orders.internal' } }],
    [['--spiffe-id', 'spiffe://a/b'], { tls: { spiffeId: 'spiffe://a/b' } }],
    [['--meta', 'a=1', '--meta', 'b=x=y', '--meta', 'c='], { meta: { a: '1', b: 'x=y', c: '' } }],
    [['--no-strip'], { policy: { strip: false } }],
    [['--sticky'], { policy: { balancing: 'hash' } }],
    [
      ['--no-strip', '--sticky', 'cookie:io'],
      { policy: { strip: false, balancing: 'hash', hashBy: 'cookie:io' } },
    ],
  ])('%j set %j', (args, expected) => {
    expect(fields(...args)).toEqual({ prefix: '/v1', port: '3000', ...expected });
  });

  it('leave an invalid number for the announcement to refuse', () => {
    expect(fields('--weight', 'half')).toMatchObject({ weight: 'half' });
  });

  it('reject a fact that is not key=value', () => {
    expect(() => fields('--meta', 'commit')).toThrow(/key=value/);
  });
});
