import { connect, createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { deferred } from '../../../../test/support/deferred.ts';
import { afterwards, client, listen, start, to, upstream } from '../harness.ts';
import { recording } from './vectors.ts';

const GET = 'GET /a HTTP/1.1\r\nHost: a\r\n\r\n';

/** An upstream that reads bodies of two bytes and never sends a 100. */
async function takingBodies() {
  const bodies: string[] = [];
  const server = createServer((socket) => {
    socket
      .on('error', () => {})
      .on('data', (bytes) => {
        const body = bytes.toString().split('\r\n\r\n').at(-1) ?? '';
        if (body === '') return;
        bodies.push(body);
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
      });
    afterwards(() => socket.destroy());
  });
  return { there: await listen(server), bodies };
}

describe('a client that ends its side after its request', () => {
  it('gets the response, and to each that it has sent', async () => {
    const { there, reached } = await recording();
    const { port } = await start(to(there));
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    socket.end(GET + GET.replace('/a', '/b'));
    const all = await text(socket);
    expect(all.match(/HTTP\/1\.1 200/g)).toHaveLength(2);
    expect(all).toMatch(/connection: close\r\n\r\nok$/);
    expect(reached.map(({ url }) => url)).toEqual(['/a', '/b']);
  });
  it('gets a response that takes a second', async () => {
    const there = await upstream((_request, response) => {
      setTimeout(() => response.end('late'), 1000);
    });
    const { port } = await start(to(there));
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    socket.end(GET);
    expect(await text(socket)).toMatch(/late$/);
  });
  it('within the body of its request: released at once', async () => {
    const gone = deferred();
    const there = await upstream((request) => {
      request.on('error', () => {}).on('close', () => gone.resolve());
      request.resume();
    });
    const { port } = await start(to(there));
    const { socket, write } = client(port);
    write('POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab');
    socket.end();
    await gone.promise;
  });
});

describe('a client that is still uploading when it is answered', () => {
  it('sees the response, however slowly it sends', async () => {
    const there = await upstream((_request, response) => {
      response.writeHead(401).end('no');
    });
    const { port } = await start(to(there));
    // It does not end its side because the other has ended.
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    afterwards(() => socket.destroy());
    let isCut = false;
    socket.on('error', () => (isCut = true)).resume();
    socket.write('POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nab');
    for (let count = 0; count < 13; count++) {
      socket.write('x'.repeat(1000));
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    expect(isCut).toBe(false);
  }, 20_000);
});

describe('a client that waits for a 100', () => {
  it('gets it from the proxy if the upstream sends none', async () => {
    // It looks for no 100, and sends none.
    const { there, bodies } = await takingBodies();
    const { port } = await start(to(there));
    const { heard, write } = client(port);
    write('POST /a HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n');
    await heard(/^HTTP\/1\.1 100 Continue\r\n\r\n$/);
    write('ab');
    const all = await heard(/ok$/);
    expect(all.match(/ 100 /g)).toHaveLength(1);
    expect(bodies).toEqual(['ab']);
  });
});

describe('a client of HTTP/1.0', () => {
  const OLD = 'GET /a HTTP/1.0\r\nConnection: Keep-Alive\r\nHost: a\r\n\r\n';
  it('keeps its connection if it asks for it and the response has a length', async () => {
    const { there } = await recording();
    const { port } = await start(to(there, there));
    const { heard, write } = client(port);
    write(OLD);
    expect(await heard(/ok$/)).toMatch(/connection: keep-alive\r\n\r\nok$/);
    write(OLD.replace('/a', '/b'));
    await heard(/ok[^]*ok$/);
  });
  it('is closed after a response without a length, or if it does not ask', async () => {
    const there = await upstream((_request, response) => {
      response.write('a');
      response.end('b');
    });
    const { port } = await start(to(there));
    const { all, write } = client(port);
    write(OLD);
    expect(await all).toMatch(/connection: close\r\n\r\nab$/);
    const { there: other } = await recording();
    const { port: second } = await start(to(other));
    const once = client(second);
    once.write('GET /a HTTP/1.0\r\n\r\n');
    expect(await once.all).toMatch(/connection: close\r\n\r\nok$/);
  });
});
