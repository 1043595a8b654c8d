// What signatures cost: each one, a table of them, and the requests of a gateway that takes in many when it starts.
import { once } from 'node:events';
import { Agent, get } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { connectionsOf, generateServiceKey, publicKeyOf, registryFromEnv } from '@rollcall/client';
import { EVENT_BYTES, tableMessages } from '../../packages/protocol/dist/wire/messages.js';
import { createPublisher } from '../../packages/client/dist/transport/publisher.js';
import { Signer } from '../../packages/client/dist/trust/signer.js';
import { answer, loopbackAddress, now, Parts } from './parts.js';
import { percentile, row } from './report.js';

/** @typedef {import('@rollcall/client').Statement} Statement */

const SERVICE_KEY = generateServiceKey();
/** Requests are sent at fixed times, so that one which waits delays no other. */
const EVERY_MS = 4;

/** @param {{ instances: number, rounds: number, measureMs: number }} sizes */
export async function signatures(sizes) {
  console.log(`signatures: what one costs, and ${sizes.instances} in a table`);
  await costs(sizes.instances);
  console.log(
    `requests while ${sizes.instances} announcements come to a gateway that starts, ${sizes.rounds} rounds, in ms`,
  );
  /** @type {Record<string, any[]>} */
  const arms = { none: [], unsigned: [], signed: [] };
  for (let round = 0; round < sizes.rounds; round++)
    for (const [arm, results] of Object.entries(arms)) results.push(await measure(arm, sizes));
  const p99 = (/** @type {string} */ arm) => median((arms[arm] ?? []).map((each) => each.p99));
  for (const [arm, results] of Object.entries(arms)) {
    const of = (/** @type {string} */ figure) => median(results.map((each) => each[figure]));
    row(arm, {
      p50: of('p50').toFixed(2),
      p99: of('p99').toFixed(2),
      'p99 to none': (p99(arm) / p99('none')).toFixed(2),
      'all taken in after': Math.round(of('takenInMs')),
      'longest stall': Math.round(of('stallMs')),
    });
  }
}

/** @param {number} instances */
async function costs(instances) {
  const parts = new Parts();
  try {
    const env = { INSTANCES: String(instances), SERVICE_KEY };
    const { ready } = await parts.start('signature-cost.js', env, ['--expose-gc']);
    for (const [what, value] of Object.entries(ready)) row(what, { '': Number(value).toFixed(1) });
  } finally {
    await parts.end();
  }
}

/** @param {string} arm @param {{ instances: number, measureMs: number }} sizes */
async function measure(arm, { instances, measureMs }) {
  const parts = new Parts();
  try {
    const broker = await parts.broker();
    const { ready: upstream } = await parts.start('upstream.js');
    const messages = tableMessages(
      'bench',
      arm === 'none' ? [] : statements(instances, upstream.port, arm === 'signed'),
      EVENT_BYTES.plain,
    );
    const { part: gateway, ready } = await parts.start('signature-gateway.js', {
      ...broker,
      UPSTREAM: String(upstream.port),
      OWNERS: JSON.stringify(arm === 'signed' ? { '/bench': [publicKeyOf(SERVICE_KEY)] } : {}),
      INSTANCES: String(arm === 'none' ? 0 : instances),
    });
    // The first requests of a process take longer.
    await requestsUntil(delay(measureMs / 4), `${ready.url}/fixed/`);
    gateway.send('begin');
    const report = answer(gateway);
    const end = Promise.all([report, arm === 'none' && delay(measureMs)]);
    const taken = requestsUntil(end, `${ready.url}/fixed/`);
    await publishAll(broker, messages);
    const times = await taken;
    return { p50: percentile(times, 0.5), p99: percentile(times, 0.99), ...(await report) };
  } finally {
    await parts.end();
  }
}

/** @param {number} instances @param {number} port @param {boolean} isSigned @returns {Statement[]} */
function statements(instances, port, isSigned) {
  const signer = Signer.of({ serviceKey: SERVICE_KEY });
  return Array.from({ length: instances }, (_, index) => {
    const id = signer?.idFor(`lease-${index}`) ?? '';
    const place = { prefix: '/bench', address: loopbackAddress(index), port, ttl: 300 };
    const statement = { announcement: { ...place, id, inc: 1, seq: 0 }, left: false };
    const announcement = isSigned && signer?.sign('mapped-discovery', statement);
    return announcement ? { announcement, left: false } : statement;
  });
}

/** @param {Record<string, string>} env @param {readonly { event: string, data: unknown }[]} messages */
async function publishAll(env, messages) {
  const registry = registryFromEnv(env);
  const publisher = createPublisher(connectionsOf(registry)[0]);
  for (const { data } of messages) await publisher.publish('mapped-discovery', 'table', data);
  publisher.close();
}

/** The milliseconds of each request, from when it was due. @param {Promise<unknown>} end @param {string} url */
async function requestsUntil(end, url) {
  let isOver = false;
  void end.finally(() => (isOver = true));
  const agent = new Agent({ keepAlive: true });
  /** @type {Promise<number>[]} */
  const all = [];
  for (let due = now(); !isOver; due += EVERY_MS) {
    await delay(Math.max(0, due - now()));
    all.push(requested(url, agent).then((at) => at - due));
  }
  const times = await Promise.all(all);
  agent.destroy();
  return times;
}

/** When it was answered. @param {string} url @param {Agent} agent @returns {Promise<number>} */
async function requested(url, agent) {
  const sent = get(url, { agent });
  const [response] = await once(sent, 'response').catch((error) => {
    if (!sent.reusedSocket) throw error;
    // The gateway has closed the idle connection just then.
    return [];
  });
  if (response === undefined) return requested(url, agent);
  if (response.statusCode !== 200) throw new Error(`a request was answered ${response.statusCode}`);
  response.resume();
  await once(response, 'end');
  return now();
}

/** @param {number[]} values */
function median(values) {
  return percentile(values, 0.5);
}
