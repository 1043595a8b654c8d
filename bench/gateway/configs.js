/** What the upstream answers: small, as JSON answers are. */
export const ANSWER = '{"id":"ded2f335-7fd4-5b9b-a118-3cf44a258ba4","ok":true}';

/** The sizes of bodies, in KiB. The upstream has a file of each, which is named for it. */
export const BODY_KB = [1, 16, 64, 1024];

const NEVER = 'keepalive_requests 1000000000; keepalive_timeout 600s;';
// Large enough that no body is written to disk on its way.
const BUFFERS = 'proxy_buffer_size 64k; proxy_buffers 8 64k; proxy_busy_buffers_size 128k;';
const STREAMING = 'proxy_request_buffering off; proxy_max_temp_file_size 0;';

/**
 * @param {string} folder
 * @param {string} name
 * @param {string} http
 */
function nginx(folder, name, http) {
  return `daemon off; master_process off; worker_processes 1;
error_log ${folder}/${name}.log; pid ${folder}/${name}.pid;
events { worker_connections 32768; }
http { access_log off; client_max_body_size 0; sendfile on; ${NEVER} ${http} }
`;
}

/**
 * At every address of loopback, so that one server can stand for thousands.
 * @param {string} folder has the files of {@link BODY_KB}
 * @param {number} port
 */
export function upstreamConfig(folder, port) {
  return nginx(
    folder,
    'upstream',
    `server { listen ${port} backlog=4096; allow 127.0.0.0/8; deny all; default_type application/json; root ${folder};
    location / { return 200 '${ANSWER}'; } location /files/ { } }`,
  );
}

/**
 * Does what the gateway does: strips the prefix, says where the request came from, keeps connections.
 * @param {string} folder
 * @param {import('./proxies.js').Ports} ports
 */
export function nginxConfig(folder, { port, upstream, sink, echo, grpc, protocol, tls }) {
  const headers = [
    'Connection ""',
    'Host $http_host',
    'X-Forwarded-For $remote_addr',
    'X-Forwarded-Port $server_port',
    'X-Forwarded-Proto $scheme',
    'X-Forwarded-Host $http_host',
    'X-Forwarded-Prefix /v1',
    'X-Request-Id $request_id',
    'Forwarded "for=$remote_addr;host=\\"$http_host\\";proto=$scheme"',
    'Via "1.1 nginx"',
  ].map((each) => `proxy_set_header ${each};`);
  // HTTP/2 brings as many requests at a time as there are streams on all connections.
  const keeps = 'keepalive 2048; keepalive_requests 1000000000;';
  const ssl = tls
    ? `ssl_certificate ${tls.cert}; ssl_certificate_key ${tls.key}; ssl_session_cache shared:s:1m; ssl_protocols TLSv1.2 TLSv1.3;`
    : '';
  const http2 = protocol === 'http2' || protocol === 'grpc' ? 'http2' : '';
  return nginx(
    folder,
    'nginx',
    `upstream up { server 127.0.0.1:${upstream}; ${keeps} }
  upstream sink { server 127.0.0.1:${sink}; ${keeps} }
  upstream grpc { server 127.0.0.1:${grpc}; ${keeps} }
  server { listen 127.0.0.1:${port} ${tls ? 'ssl' : ''} ${http2} backlog=4096; ${ssl}
    proxy_http_version 1.1; ${headers.join(' ')} ${BUFFERS} ${STREAMING}
    location /v1/ { proxy_pass http://up/; }
    location /v2/ { proxy_pass http://sink/; }
    location /v3/ { proxy_pass http://127.0.0.1:${echo}/; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade; }
    location /bench.Echo/ { grpc_pass grpc://grpc; } }`,
  );
}

/**
 * No setting is for speed. By HTTP/2, more than the default of 1024 requests are in flight to the one instance.
 * @param {string} folder
 * @param {import('./proxies.js').Ports} ports
 * @param {object} [more]
 */
export function rollcallConfig(folder, { port, upstream, sink, echo, grpc, protocol, tls }, more) {
  return JSON.stringify({
    port,
    adminPort: 0,
    snapshot: 'none',
    auditLog: `${folder}/audit-${port}`,
    balancing: { maxInFlight: 4096 },
    services: {
      '/v1': serviceAt(upstream),
      '/v2': serviceAt(sink),
      '/v3': serviceAt(echo),
      ...(protocol === 'grpc' && { '/bench.Echo': serviceAt(grpc, 'h2c') }),
    },
    ...(protocol === 'grpc' && { routes: { '/bench.Echo': { strip: false } } }),
    ...(tls && { tls: { cert: tls.cert, key: tls.key } }),
    ...more,
  });
}

/** @param {number} port @param {string} [scheme] */
function serviceAt(port, scheme = 'http') {
  return { instances: [{ url: `${scheme}://127.0.0.1:${port}` }] };
}

/** @param {import('./proxies.js').Ports} ports */
export function haproxyConfig({ port, upstream }) {
  return `global
  nbthread 1
defaults
  mode http
  timeout connect 5s
  timeout client 600s
  timeout server 600s
frontend f
  bind 127.0.0.1:${port}
  http-request set-header X-Forwarded-For %[src]
  http-request set-header X-Forwarded-Proto http
  http-request set-header X-Forwarded-Host %[req.hdr(host)]
  http-request set-header X-Forwarded-Prefix /v1
  http-request set-header X-Request-Id %[uuid]
  http-request set-header Forwarded "for=%[src];host=\\"%[req.hdr(host)]\\";proto=http"
  http-request add-header Via "1.1 haproxy"
  http-request replace-path /v1(/.*) \\1
  default_backend b
backend b
  http-reuse always
  server s 127.0.0.1:${upstream}
`;
}

/** @param {import('./proxies.js').Ports} ports */
export function caddyConfig({ port, upstream, protocol }) {
  return `{
  admin off
  auto_https off
  servers {
    protocols h1 ${protocol === 'http2' ? 'h2c' : ''}
  }
  log {
    output discard
  }
}
http://localhost:${port} {
  bind 127.0.0.1
  handle_path /v1/* {
    reverse_proxy 127.0.0.1:${upstream} {
      header_up X-Forwarded-Prefix /v1
      transport http {
        keepalive_idle_conns_per_host 2048
      }
    }
  }
}
`;
}
