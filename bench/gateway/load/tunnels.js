// Messages through tunnels of WebSocket, both ways.
import { onLoadCore, script } from '../rig.js';

/**
 * @param {import('../proxies.js').Proxy} proxy
 * @param {import('../works.js').Load} load
 * @returns {import('./wrk.js').Answers}
 */
export function sendMessages({ port }, { seconds, connections }) {
  const args = [port, seconds, connections].map(String);
  return JSON.parse(onLoadCore([process.execPath, script('load/messages.js'), ...args]));
}
