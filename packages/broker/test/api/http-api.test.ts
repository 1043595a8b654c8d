// What publishers see if an app answers later, or cannot answer. How requests are read and signed is in broker.test.ts.
import { beforeEach, expect, it } from 'vitest';
import { HttpApi } from '../../src/api/http-api.ts';
import type { App } from '../../src/app/app.ts';
import { Apps } from '../../src/app/apps.ts';
import { UnavailableError } from '../../src/app/unavailable-error.ts';
import { LateApp, unevenDelay } from '../app/late-app.ts';
import { APP, newApp } from '../app/new-app.ts';
import { FakeConnection } from '../fake-connection.ts';
import { md5, sign } from './signed.ts';
import { loggerTo } from '../../../../test/support/log.ts';

let logged: string[];
beforeEach(() => {
  logged = [];
});

/** A signed trigger. */
function trigger(n: number) {
  const [method, path] = ['POST', '/apps/1/events'];
  const body = JSON.stringify({ name: 'e', channel: 'a', data: String(n) });
  const query = {
    auth_key: APP.key,
    auth_timestamp: String(Math.floor(Date.now() / 1_000)),
    auth_version: '1.0',
    body_md5: md5(body),
  };
  const signed = sign({ secret: APP.secret, method, path, query });
  const target = `${path}?${new URLSearchParams([...signed]).toString()}`;
  return { method, target, body: Buffer.from(body) };
}

const apiOf = (app: App) =>
  new HttpApi(new Apps([app]), {
    logger: loggerTo(logged),
    basePath: '',
    host: { unreadiness: undefined },
  });

it('answers at once if the app does', () => {
  expect(apiOf(newApp()).respond(trigger(1))).toEqual({ status: 200, text: '{}' });
});

it('answers later if the app does, and events keep their order', async () => {
  const local = newApp();
  const connection = new FakeConnection();
  local.subscribe({ channel: 'a', connection });
  connection.take();
  const api = apiOf(new LateApp(local, unevenDelay));
  const responses = await Promise.all([1, 2, 3].map(async (n) => api.respond(trigger(n))));
  expect(responses.map(({ status }) => status)).toEqual([200, 200, 200]);
  expect(connection.take().map(({ data }) => data)).toEqual([1, 2, 3]);
});

const away = new UnavailableError('the store cannot be reached; try again');
const refusal = { status: 503, text: `{"error":"${away.message}"}`, retryAfter: 1 };
const failure = { status: 500, text: '{"error":"internal error of the broker"}' };

it.each([
  [
    '503 and Retry-After',
    away,
    refusal,
    `refused request target=POST "/apps/1/events" status=503 reason=${away.message}`,
  ],
  [
    '500',
    new TypeError('a bug'),
    failure,
    'request failed target=POST "/apps/1/events" err=TypeError: a bug',
  ],
])('answers with %s if the app fails, now or later', async (_status, error, response, line) => {
  const rejecting = new LateApp(newApp(), () => Promise.reject(error));
  expect(await apiOf(rejecting).respond(trigger(1))).toEqual(response);
  const throwing = Object.assign(newApp(), {
    publish: () => {
      throw error;
    },
  });
  expect(apiOf(throwing).respond(trigger(1))).toEqual(response);
  expect(logged).toEqual([line, line]);
});
