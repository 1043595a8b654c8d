// A service that answers every request with its name, on a port that it shares by SO_REUSEPORT with programs of other parents.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { register } from '@rollcall/client';

/** Node 20 cannot set SO_REUSEPORT. */
const SERVER = `
import http.server, socket, sys
name, port = sys.argv[1].encode(), int(sys.argv[2])
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header('Content-Length', str(len(name)))
        self.end_headers()
        self.wfile.write(name)
server = http.server.ThreadingHTTPServer(('127.0.0.1', port), Handler, bind_and_activate=False)
server.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
server.server_bind()
server.server_activate()
print('listens', flush=True)
server.serve_forever()
`;

const [name, port, prefix] = process.argv.slice(2);
const server = spawn('python3', ['-c', SERVER, name, port], {
  stdio: ['ignore', 'pipe', 'ignore'],
});
await once(server.stdout, 'data');
await register({ prefix, address: '127.0.0.1', port: Number(port) });
console.log('all registered');
