import { Agent, get } from 'node:https';

const COUNT = 200;

/**
 * Has many consumers call the API, each once a second, at one gateway and another in turn.
 * @param {readonly number[]} ports of the gateways
 * @param {string} ca
 * @param {(consumer: string) => string} tokenOf
 */
export function startClients(ports, ca, tokenOf) {
  const agent = new Agent({ keepAlive: true });
  const site = { host: '127.0.0.1', servername: 'api.example.test', path: '/orders', ca, agent };
  const tokens = Array.from({ length: COUNT }, (_, index) => tokenOf(`client-${index + 1}`));
  let sent = 0;
  const timer = setInterval(() => {
    const [client, round] = [sent % COUNT, Math.floor(sent / COUNT)];
    sent++;
    const port = ports[(client + round) % ports.length];
    const headers = { host: 'api.example.test', authorization: `Bearer ${tokens[client]}` };
    // What becomes of a request is for the gateways to show.
    get({ ...site, port, headers }, (response) => response.resume()).on('error', () => {});
  }, 1000 / COUNT);
  return () => clearInterval(timer);
}
