// The embedded broker, counting what hosted Pusher would: each request, each delivery of an event, and each
// delivery of a member's coming or going. Not the handshake, pings and answers to subscriptions.
import { createBroker } from '@rollcall/broker';
import { LocalApp } from '../../packages/broker/dist/app/local-app.js';
import { HttpApi } from '../../packages/broker/dist/api/http-api.js';
import { ClientSocket } from '../../packages/broker/dist/server/client-socket.js';
import { APP, tell } from './parts.js';

const FREE = /^\{"event":"(pusher:|pusher_internal:subscription)/;
const EVENT = /^\{"event":"(?:pusher_internal:)?([^"]+)"/;

/** @type {Record<string, number>} */
let counts = {};
/** @param {string} what */
function count(what) {
  counts[what] = (counts[what] ?? 0) + 1;
}

/**
 * Whether a request lists channels. Hosted Pusher has no `GET /up`, by which a deployment waits for the broker.
 * @param {string | undefined} method @param {string | undefined} target
 */
function isList(method, target = '') {
  return method === 'GET' && !target.startsWith('/up');
}

// They are called with `this` below.
/* oxlint-disable typescript/unbound-method */
const { handle, respond } = HttpApi.prototype;
HttpApi.prototype.handle = function (request, response) {
  if (isList(request.method, request.url)) count('list: request');
  return handle.call(this, request, response);
};
HttpApi.prototype.respond = function (request) {
  if (isList(request.method, request.target)) count('list: request');
  return respond.call(this, request);
};
const { publish } = LocalApp.prototype;
LocalApp.prototype.publish = function (publications) {
  // Our clients send neither batches nor client events: each publication is a request.
  for (const { name } of publications) count(`${name}: request`);
  publish.call(this, publications);
};
const { send } = ClientSocket.prototype;
ClientSocket.prototype.send = function (frame) {
  if (!FREE.test(frame)) count(`${EVENT.exec(frame)?.[1]}: delivery`);
  send.call(this, frame);
};

process.on('message', () => {
  tell({ counts });
  counts = {};
});
const { port } = await createBroker({ apps: [APP] });
tell({ port });
