import { constants } from 'node:http2';
import { describe, expect, it } from 'vitest';
import { deferred } from '../../../../test/support/deferred.ts';
import { refusingPort, send, serverSending, unresponsiveServer, upstream } from '../harness.ts';
import { http2Upstream } from '../upstream/http2-server.ts';
import { mirroring, recorder } from './mirroring.ts';

describe('a mirror does not concern the client when it', () => {
  it('refuses connections', async () => {
    const main = await recorder();
    const { port, until } = await mirroring({ to: main.there, copiesTo: await refusingPort() });
    expect((await send(port)).body).toBe('ok');
    expect(await until(1)).toEqual(['no response']);
  });

  it('never responds: it is broken off in time', async () => {
    const main = await recorder();
    const { port, until } = await mirroring({
      to: main.there,
      copiesTo: await unresponsiveServer(),
      timeoutMs: 300,
    });
    const answers = await Promise.all(Array.from({ length: 20 }, () => send(port)));
    expect(answers.every(({ body }) => body === 'ok')).toBe(true);
    expect(await until(20)).toEqual(Array(20).fill('no response'));
  });

  it('breaks its response off, or sends garbage', async () => {
    const main = await recorder();
    const half = await serverSending('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf');
    const broken = await mirroring({ to: main.there, copiesTo: half, timeoutMs: 300 });
    expect((await send(broken.port)).body).toBe('ok');
    expect(await broken.until(1)).toEqual(['no response']);
    const garbage = await mirroring({
      to: main.there,
      copiesTo: await serverSending('garbage\r\n\r\n'),
    });
    expect((await send(garbage.port)).body).toBe('ok');
    expect(await garbage.until(1)).toEqual(['no response']);
  });

  it('sends a body without an end: of a mebibyte at most', async () => {
    const main = await recorder();
    let sent = 0;
    const closed = deferred();
    const endless = await upstream((_request, response) => {
      const more = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536))) sent += 65_536;
      };
      response.on('drain', more).on('close', closed.resolve);
      more();
    });
    const { port, until } = await mirroring({ to: main.there, copiesTo: endless });
    expect((await send(port)).body).toBe('ok');
    expect(await until(1)).toEqual(['200']);
    await closed.promise;
    // What the system holds of a connection comes on top.
    expect(sent).toBeLessThan(32 * 1024 * 1024);
  });

  it('switches protocols unasked', async () => {
    const main = await recorder();
    const copiesTo = await serverSending(
      'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n',
    );
    const { port, until } = await mirroring({ to: main.there, copiesTo });
    expect((await send(port)).body).toBe('ok');
    expect(await until(1)).toEqual(['no response']);
  });

  it('refuses the stream', async () => {
    const main = await recorder();
    const { there } = await http2Upstream((stream) =>
      stream.close(constants.NGHTTP2_REFUSED_STREAM),
    );
    const { port, until } = await mirroring({ to: main.there, copiesTo: there });
    expect((await send(port)).body).toBe('ok');
    expect(await until(1)).toEqual(['no response']);
  });

  it('is slow to take a body, while the proxy closes', async () => {
    const main = await recorder();
    const { port, proxy, until } = await mirroring({
      to: main.there,
      copiesTo: await unresponsiveServer(),
    });
    expect((await send(port, { method: 'POST', body: 'x' })).body).toBe('ok');
    await proxy.close(0);
    expect(await until(1)).toEqual(['no response']);
  });
});
