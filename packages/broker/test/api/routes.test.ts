import { describe, expect, it } from 'vitest';
import {
  getChannel,
  getChannels,
  getUsers,
  postBatchEvents,
  postEvents,
  terminateConnections,
} from '../../src/api/endpoints.ts';
import { matchRoute } from '../../src/api/routes.ts';

describe('matchRoute', () => {
  it.each([
    ['POST', '/apps/1/events', { endpoint: postEvents, appId: '1', subject: '' }],
    ['POST', '/apps/1/batch_events', { endpoint: postBatchEvents, appId: '1', subject: '' }],
    ['GET', '/apps/1/channels', { endpoint: getChannels, appId: '1', subject: '' }],
    ['GET', '/apps/1/channels/a', { endpoint: getChannel, appId: '1', subject: 'a' }],
    ['GET', '/apps/1/channels/a%3Db@c', { endpoint: getChannel, appId: '1', subject: 'a=b@c' }],
    ['GET', '/apps/1/channels/a/users', { endpoint: getUsers, appId: '1', subject: 'a' }],
    [
      'POST',
      '/apps/1/users/a%2Fb/terminate_connections',
      { endpoint: terminateConnections, appId: '1', subject: 'a/b' },
    ],
  ])('%s %s', (method, path, match) => {
    expect(matchRoute(method, path)).toEqual(match);
  });

  it.each([
    ['GET', '/', 404],
    ['GET', '/apps', 404],
    ['GET', '/apps/1', 404],
    ['GET', '/apps//channels', 404],
    ['GET', '/apps/1/channels/', 404],
    ['GET', '/apps/1/channels/a/users/b', 404],
    ['POST', '/x/apps/1/events', 404],
    ['GET', '/apps/1/events', 405],
    ['DELETE', '/apps/1/channels', 405],
    ['post', '/apps/1/events', 405],
    ['GET', '/apps/1/channels/%E0%A4%A', 400],
  ])('%s %s is %d', (method, path, status) => {
    expect(() => matchRoute(method, path)).toThrow(expect.objectContaining({ status }));
  });
});
