/** What the upstream answers: small, as JSON answers are. */
export const ANSWER = '{"id":"ded2f335-7fd4-5b9b-a118-3cf44a258ba4","ok":true}';

const NEVER = 'keepalive_requests 1000000000; keepalive_timeout 600s;';

/**
 * @param {string} folder
 * @param {string} name
 * @param {string} http
 */
function nginx(folder, name, http) {
  return `daemon off; master_process off; worker_processes 1;
error_log ${folder}/${name}.log; pid ${folder}/${name}.pid;
events { worker_connections 8192; }
http { access_log off; ${NEVER} ${http} }
`;
}

/**
 * @param {string} folder
 * @param {number} port
 */
export function upstreamConfig(folder, port) {
  return nginx(
    folder,
    'upstream',
    `server { listen 127.0.0.1:${port} backlog=4096; default_type application/json; return 200 '${ANSWER}'; }`,
  );
}

/**
 * Does what the gateway does: strips the prefix, says where the request came from, keeps connections.
 * @param {string} folder
 * @param {number} port
 * @param {number} upstreamPort
 */
export function nginxConfig(folder, port, upstreamPort) {
  const headers = [
    'Connection ""',
    'Host $http_host',
    'X-Forwarded-For $remote_addr',
    'X-Forwarded-Port $server_port',
    'X-Forwarded-Proto $scheme',
    'X-Forwarded-Host $http_host',
    'X-Forwarded-Prefix /v1',
    'Via "1.1 nginx"',
  ].map((each) => `proxy_set_header ${each};`);
  return nginx(
    folder,
    'nginx',
    `upstream up { server 127.0.0.1:${upstreamPort}; keepalive 256; keepalive_requests 1000000000; }
  server { listen 127.0.0.1:${port} backlog=4096;
    location /v1/ { proxy_pass http://up/; proxy_http_version 1.1; ${headers.join(' ')} } }`,
  );
}

/**
 * @param {number} port
 * @param {number} upstreamPort
 */
export function haproxyConfig(port, upstreamPort) {
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
  http-request add-header Via "1.1 haproxy"
  http-request replace-path /v1(/.*) \\1
  default_backend b
backend b
  http-reuse always
  server s 127.0.0.1:${upstreamPort}
`;
}
