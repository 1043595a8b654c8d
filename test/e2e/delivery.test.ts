import { once } from 'node:events';
import { request } from 'node:http';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { createGunzip } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FILES } from '../support/certificates.ts';
import { Cluster } from '../support/cluster.ts';
import { ConfigFile, curl } from '../support/config-file.ts';
import { httpServer } from '../support/http-server.ts';
import type { HttpServer } from '../support/http-server.ts';

let config: ConfigFile;
let cluster: Cluster;
let servers: HttpServer[];
beforeEach(async () => {
  servers = [];
  config = new ConfigFile();
  cluster = await Cluster.start();
});
afterEach(async () => {
  for (const server of servers) server.close();
  await cluster.end();
  config.remove();
});

/** Returns the settings of a route to a server that responds so, and well to probes. */
async function upstreams(respond: RequestListener): Promise<{ upstreams: string[] }> {
  const server = await httpServer((incoming, response) => {
    if (incoming.url === '/health') response.end();
    else respond(incoming, response);
  });
  servers.push(server);
  return { upstreams: [server.url] };
}

const BODY = JSON.stringify(Array.from({ length: 1000 }, (_each, id) => ({ id, name: 'item' })));

function sendItems(_request: IncomingMessage, response: ServerResponse): void {
  response.setHeader('content-type', 'application/json');
  response.setHeader('content-length', BODY.length);
  response.end(BODY);
}

const HEAD = ['-o', '/dev/null', '-D', '-'];

describe.each([1, 2])('a gateway with %d workers', (workers) => {
  it('compresses for clients that accept it, until it is turned off', async () => {
    const route = await upstreams(sendItems);
    const settings = { workers, routes: { 'a.example.com/': { ...route, compress: true } } };
    const gateway = await config.start(cluster, settings);
    for (let time = 0; time < 8; time++) {
      expect(await curl(gateway, 'a.example.com', '/x', '--compressed')).toBe(BODY);
      expect(await curl(gateway, 'a.example.com', '/x')).toBe(BODY);
    }
    const gzip = [...HEAD, '-H', 'Accept-Encoding: gzip'];
    const head = await curl(gateway, 'a.example.com', '/x', ...gzip);
    expect(head).toMatch(/^content-encoding: gzip\r$/m);
    expect(head).not.toMatch(/^content-length/im);
    await expect
      .poll(async () => (await fetch(`${gateway.adminUrl}/metrics`)).text())
      .toContain(`compression_input_bytes_total{route="a.example.com/"} ${9 * BODY.length}\n`);
    await config.reload(gateway, {
      workers,
      routes: { 'a.example.com/': { ...route, compress: false } },
    });
    for (let time = 0; time < 8; time++)
      expect(await curl(gateway, 'a.example.com', '/x', ...gzip)).not.toContain('encoding');
  });
});

describe('compression', () => {
  it('passes on the parts of a stream as they come', async () => {
    let next: (() => void) | undefined;
    const route = await upstreams((_request, response) => {
      response.setHeader('content-type', 'application/x-ndjson');
      response.write('{"part":1}\n');
      next = () => response.end('{"part":2}\n');
    });
    const gateway = await config.start(cluster, {
      routes: { 'a.example.com/': { ...route, compress: true } },
    });
    const headers = { host: 'a.example.com', 'accept-encoding': 'gzip' };
    const sent = request(gateway.url, { headers, agent: false }).end();
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    expect(response.headers['content-encoding']).toBe('gzip');
    const unzipped = response.pipe(createGunzip()).setEncoding('utf8');
    expect(await once(unzipped, 'data')).toEqual(['{"part":1}\n']);
    next?.();
    expect(await once(unzipped, 'data')).toEqual(['{"part":2}\n']);
    await once(unzipped, 'end');
  });

  it('keeps a connection in use after HEAD, 204 and 304', async () => {
    const route = await upstreams((incoming, response) => {
      if (incoming.url === '/204' || incoming.url === '/304')
        response.writeHead(Number(incoming.url.slice(1)), { etag: '"a"' }).end();
      else sendItems(incoming, response);
    });
    const gateway = await config.start(cluster, {
      routes: { 'a.example.com/': { ...route, compress: true } },
    });
    const paths = ['/204', '/304', '/x'].map((path) => `${gateway.url}${path}`);
    const shown = await curl(gateway, 'a.example.com', '/x', '-I', '--compressed', ...paths);
    expect(shown.match(/^HTTP.*|^content-encoding.*|^etag.*/gm)).toEqual([
      'HTTP/1.1 204 No Content',
      'etag: "a"',
      'HTTP/1.1 304 Not Modified',
      'etag: W/"a"',
      'HTTP/1.1 200 OK',
      expect.stringMatching(/^content-encoding: (?:zstd|br)$/),
      'HTTP/1.1 200 OK',
      expect.stringMatching(/^content-encoding: (?:zstd|br)$/),
    ]);
  });
});

describe('secure headers', () => {
  it('demand HTTPS of clients that use it', async () => {
    const route = await upstreams(sendItems);
    const settings = {
      secureHeaders: true,
      tls: FILES.one,
      routes: { 'a.example.com/': route },
    };
    const gateway = await config.start(cluster, settings);
    const head = await curl(gateway, 'a.example.com', '/x', ...HEAD, '--insecure');
    expect(head).toMatch(/^strict-transport-security: max-age=31536000\r$/m);
    const missing = await curl(gateway, 'b.example.com', '/x', ...HEAD, '--insecure');
    expect(missing).toContain('404');
    expect(missing).toMatch(/^x-content-type-options: nosniff\r$/m);
  });
});

const BROWSER = ['-H', 'Accept: text/html,application/xhtml+xml,*/*;q=0.8'];

describe.each([1, 2])('pages of a gateway with %d workers', (workers) => {
  it('are shown to browsers in place of errors, and of instances under maintenance', async () => {
    const route = await upstreams((_request, response) => {
      response.writeHead(500, { 'content-type': 'text/plain' }).end('a stack trace');
    });
    config.put('error.html', '<h1>{status} {title}</h1>');
    config.put('later.html', '<h1>Later: {detail}</h1>');
    const errorPages = { file: 'error.html', instances: true };
    const routes = { 'a.example.com/': { ...route, maintenance: false } };
    const gateway = await config.start(cluster, { workers, errorPages, routes });
    for (let time = 0; time < 4; time++) {
      expect(await curl(gateway, 'a.example.com', '/x')).toBe('a stack trace');
      expect(await curl(gateway, 'a.example.com', '/x', ...BROWSER)).toBe(
        '<h1>500 Internal Server Error</h1>',
      );
      expect(await curl(gateway, 'b.example.com', '/x')).toContain('"unknown-host"');
    }
    const missing = await curl(gateway, 'b.example.com', '/x', '-i', ...BROWSER);
    expect(missing).toMatch(/^HTTP\/1.1 404 [^]*<h1>404 Unknown host<\/h1>$/);

    config.put('error.html', '<h1>Changed: {status}</h1>');
    const maintenance = { file: 'later.html', detail: 'at noon', retryAfterSeconds: 60 };
    await config.reload(gateway, {
      workers,
      errorPages,
      routes: { 'a.example.com/': { ...route, maintenance } },
    });
    for (let time = 0; time < 4; time++) {
      const shown = await curl(gateway, 'a.example.com', '/x', '-i', ...BROWSER);
      expect(shown).toMatch(/^HTTP\/1.1 503 [^]*<h1>Later: at noon<\/h1>$/);
      const answer = await curl(gateway, 'a.example.com', '/x', '-i');
      expect(answer).toContain('"code":"maintenance"');
      expect(answer.match(/^retry-after:.*(?=\r$)/gm)).toEqual(['retry-after: 60']);
      expect(await curl(gateway, 'b.example.com', '/x', ...BROWSER)).toBe('<h1>Changed: 404</h1>');
    }
  });
});

it('a page that cannot be read is refused by its key', async () => {
  const failed = config.start(cluster, { errorPages: { file: 'gone.html' } });
  await expect(failed).rejects.toThrow(/`errorPages.file` cannot be read: ENOENT/);
});
