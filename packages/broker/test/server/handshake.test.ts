import { describe, expect, it } from 'vitest';
import { Apps } from '../../src/app/apps.ts';
import { readHandshake } from '../../src/server/handshake.ts';
import { newApp } from '../app/new-app.ts';

const full = newApp({ options: { appId: '3', key: 'full', secret: 'z', maxConnections: 1 } });
full.connectionOpened();
const apps = new Apps([
  newApp({ options: { appId: '1', key: 'one', secret: 'x' } }),
  newApp({ options: { appId: '2', key: 'two', secret: 'y' } }),
  full,
  newApp({ options: { appId: '4', key: 'off', secret: 'z', enabled: false } }),
]);

describe('readHandshake', () => {
  it.each([
    '/app/two?protocol=7',
    '/app/two?client=js&protocol=7&flash=false',
    '/app/two?client=java-client&protocol=5&version=2.4.4',
    '/app/two?protocol=4',
    '/app/two?protocol=6',
  ])('finds the app of %s', (target) => {
    const app = readHandshake(apps, { target, field: () => undefined });
    expect('options' in app && app.options.appId).toBe('2');
  });

  it.each([
    ['/app/three?protocol=7', 4001],
    ['/app/off?protocol=7', 4003],
    ['/app/full?protocol=7', 4004],
    ['/app/__proto__?protocol=7', 4001],
    ['/?protocol=7', 4005],
    ['/app?protocol=7', 4005],
    ['/app/?protocol=7', 4005],
    ['/app/one/?protocol=7', 4005],
    ['/apps/one?protocol=7', 4005],
    ['//app/one?protocol=7', 4005],
    ['/app/one', 4008],
    ['/app/one?protocol=', 4008],
    ['/app/one?protocol=seven', 4006],
    ['/app/one?protocol=7.0', 4006],
    ['/app/one?protocol=-7', 4006],
    ['/app/one?protocol=3', 4007],
    ['/app/one?protocol=07', 4007],
    ['/app/one?protocol=77', 4007],
    ['/app/one?protocol=8', 4007],
  ])('refuses %s with %d', (target, code) => {
    expect(readHandshake(apps, { target, field: () => undefined })).toMatchObject({
      code,
      message: expect.any(String),
    });
  });
});
