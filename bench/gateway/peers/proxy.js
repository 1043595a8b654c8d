// One of the proxies of this runtime, as its guide sets it up: `node proxy.js NAME PORT UPSTREAM_PORT`. Each
// strips /v1, and keeps its connections, which most have to be told to.
import { Agent, createServer } from 'node:http';

const [name = '', port, upstreamPort] = process.argv.slice(2);
const listening = { port: Number(port), host: '127.0.0.1' };
const target = `http://127.0.0.1:${upstreamPort}`;
const agent = new Agent({ keepAlive: true, maxSockets: 1024 });

/** @type {Record<string, () => Promise<unknown>>} */
const PROXIES = {
  'fastify-http-proxy': async () => {
    const { default: fastify } = await import('fastify');
    const { default: proxy } = await import('@fastify/http-proxy');
    const server = fastify();
    server.register(proxy, { upstream: target, prefix: '/v1', rewritePrefix: '/' });
    await server.listen(listening);
  },
  'fast-gateway': async () => {
    const { default: gateway } = await import('fast-gateway');
    const server = gateway({ routes: [{ prefix: '/v1', target }] });
    await server.start(listening.port, listening.host);
  },
  'http-proxy': async () => {
    const { default: httpProxy } = await import('http-proxy');
    stripping(httpProxy.createProxyServer({ target, agent, xfwd: true }));
  },
  'http-proxy-3': async () => {
    const { createProxyServer } = await import('http-proxy-3');
    stripping(createProxyServer({ target, agent, xfwd: true }));
  },
  httpxy: async () => {
    const { createProxyServer } = await import('httpxy');
    stripping(createProxyServer({ target, agent, xfwd: true }));
  },
  redbird: () => redbird({}),
  'redbird-keep-alive': () => redbird({ keepAlive: true }),
};

await PROXIES[name]?.();

/** @param {object} options */
async function redbird(options) {
  const { Redbird } = await import('redbird');
  new Redbird({ ...listening, ...options }).register('localhost/v1', `${target}/`);
}

/** @param {{ web: (request: any, response: any) => unknown }} proxy */
function stripping(proxy) {
  const server = createServer((request, response) => {
    request.url = request.url?.slice('/v1'.length);
    proxy.web(request, response);
  });
  server.listen(listening);
}
