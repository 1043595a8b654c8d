import { createServer } from 'node:http';
import { connect } from 'node:net';
import type { Dispatcher } from 'undici';
import { describe, expect, it } from 'vitest';
import { deferred } from '../../../../test/support/deferred.ts';
import { Exchange } from '../../src/proxy/exchange.ts';
import { afterwards, listen, send, start, to, upstream } from './engine-harness.ts';

const next = () => ({ key: 'a', address: '127.0.0.1', port: 1 });

describe('an exchange', () => {
  it('is given up when the client left before there was a connection to the instance', async () => {
    const dispatched = deferred<Dispatcher.DispatchHandler>();
    const gone = deferred();
    const server = createServer((request, response) => {
      response.on('close', () => gone.resolve());
      new Exchange(
        request,
        response,
        { type: 'forward', next, target: '/', prefix: '' },
        {
          poolOf: () => ({
            dispatch: (_options, handler) => {
              dispatched.resolve(handler);
              return true;
            },
          }),
          pseudonym: 'us',
          onUnreachable: () => {},
          fail: () => {},
        },
      ).start();
    });
    const { port } = await listen(server);
    const client = connect(port, '127.0.0.1');
    afterwards(() => client.destroy());
    client.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    const handler = await dispatched.promise;
    client.destroy();
    await gone.promise;
    const aborted: unknown[] = [];
    const controller = { abort: (reason: unknown) => aborted.push(reason) };
    handler.onRequestStart?.(controller as unknown as Dispatcher.DispatchController, {});
    expect(aborted).toHaveLength(1);
  });

  it('ends with 504 when the instance does not begin its answer in time', async () => {
    const asked = deferred();
    const there = await upstream((request) => {
      asked.resolve();
      afterwards(() => request.socket.destroy());
    });
    const { port } = await start(to(there), { answerTimeoutMs: 50 });
    const answer = await send(port);
    await asked.promise;
    expect(answer.status).toBe(504);
    expect(JSON.parse(answer.body)).toMatchObject({ code: 'upstream-timeout' });
  });
});
