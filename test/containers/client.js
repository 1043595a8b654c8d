// Sends requests to a URL over keep-alive connections, and prints a line for each: status, server and body of its response, or the
// error. `--count` ends it; otherwise it goes on until it is stopped.
//   node client.js URL [--method GET] [--host NAME] [--body JSON] [--count N] [--connections N]
import { Agent, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    method: { type: 'string', default: 'POST' },
    host: { type: 'string' },
    body: { type: 'string', default: '' },
    count: { type: 'string', default: 'Infinity' },
    connections: { type: 'string', default: '1' },
  },
});
const [url = ''] = positionals;
const agent = new Agent({ keepAlive: true });
let left = Number(values.count);

async function client() {
  while (left-- > 0) console.log(await send());
}

/** @returns {Promise<string>} */
function send() {
  return new Promise((resolve) => {
    const headers = {
      'Content-Type': 'application/json',
      ...(values.host !== undefined && { Host: values.host }),
    };
    request(url, { agent, method: values.method, headers })
      .on('response', async (response) => {
        const { statusCode, headers: fields } = response;
        const body = await text(response).catch(String);
        const { 'x-server': server = '-' } = fields;
        resolve([statusCode, server, body.trim()].join(' '));
      })
      .on('error', (error) => resolve(`${error}`))
      .end(values.body);
  });
}

await Promise.all(Array.from({ length: Number(values.connections) }, client));
agent.destroy();
