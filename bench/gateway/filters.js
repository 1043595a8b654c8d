// What each filter costs a request, in this process: reading its head, deciding, and writing the head anew.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { hashApiKey } from '@rollcall/gateway';
import { FieldSet } from '@rollcall/proxy';
import { createFilterServices } from '../../packages/gateway/dist/filters/filter-context.js';
import { createFilters } from '../../packages/gateway/dist/filters/filters.js';
import { filterContext } from '../../packages/gateway/dist/routing/rules.js';
import { routingSettings } from '../../packages/gateway/dist/settings/config.js';
import { median, show } from './report.js';

const HEAD = `user-agent: wrk\r\naccept: */*\r\naccept-encoding: gzip\r\ncookie: a=${'b'.repeat(40)}\r\n`;
const RESPONSE_HEAD =
  'content-type: application/json\r\netag: "1f-abc"\r\nvary: accept-encoding\r\ncache-control: max-age=60\r\ndate: Sun, 29 Nov 2026 12:00:00 GMT\r\ncontent-length: 1234\r\n';
const KEY = 'k'.repeat(32);

/** @typedef {import('../../packages/gateway/dist/settings/config.js').RoutingConfig} RoutingConfig */

/** @param {{ requests: number, tokens: number, rounds: number }} sizes */
export async function filters({ requests, tokens, rounds }) {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-bench-'));
  const jwksFile = join(folder, 'jwks.json');
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
  writeFileSync(jwksFile, JSON.stringify({ keys: [await exportJWK(publicKey)] }));
  const signed = await Promise.all(
    Array.from({ length: tokens * (rounds + 1) }, (_, index) =>
      new SignJWT({ sub: `user-${index}` })
        .setProtectedHeader({ alg: 'ES256' })
        .setIssuer('issuer')
        .setAudience('api')
        .setExpirationTime('1h')
        .sign(privateKey),
    ),
  );
  const jwt = { issuer: 'issuer', audience: ['api'], jwksFile };
  const consumers = { acme: { apiKeys: [hashApiKey(KEY)] } };
  const again = `authorization: Bearer ${signed[0]}\r\n`;
  /** @type {[name: string, settings: RoutingConfig, field: () => string, count: number][]} */
  const cases = [
    ['headers: one set', { headers: { request: { set: { 'X-A': '1' } } } }, () => '', requests],
    [
      'headers: one set on responses',
      { headers: { response: { set: { 'X-A': '1' } } } },
      () => '',
      requests,
    ],
    ['secureHeaders', { secureHeaders: { enabled: true } }, () => '', requests],
    ['ipAccess', { ipAccess: { allow: ['192.0.2.0/24'] } }, () => '', requests],
    ['apiKey', { consumers, apiKey: { enabled: true } }, () => `x-api-key: ${KEY}\r\n`, requests],
    ['jwt, ES256, a token that comes again', { jwt }, () => again, requests],
    ['jwt, ES256, a new token', { jwt }, () => `authorization: Bearer ${signed.pop()}\r\n`, tokens],
    ['rateLimit', { rateLimit: { rate: '1000000/s' } }, () => '', requests],
    ['concurrency', { concurrency: { maxInFlight: 10 } }, () => '', requests],
  ];
  const results = [];
  for (const [name, settings, field, count] of cases) {
    const routing = routingSettings(settings);
    const services = createFilterServices({ isDry: false, pseudonym: 'us', onFault() {} });
    const all = createFilters(routing, filterContext(routing, services));
    await time(all, field, count);
    const us = [];
    for (let round = 0; round < rounds; round++) us.push(await time(all, field, count));
    services.close();
    results.push({ name, us: median(us) });
  }
  rmSync(folder, { recursive: true });
  show(
    ['filters', 'us a request'],
    results.map(({ name, us }) => [name, us]),
  );
  return results;
}

/**
 * Microseconds of CPU for a request to pass filters.
 * @param {readonly import('@rollcall/proxy').Filter[]} all
 * @param {() => string} field
 * @param {number} count
 */
async function time(all, field, count) {
  const begun = process.cpuUsage();
  for (let index = 0; index < count; index++) {
    const request = requestOf(HEAD + field());
    for (const filter of all) {
      let outcome = filter.onRequest?.(request);
      if (outcome instanceof Promise) outcome = await outcome;
      if (outcome !== undefined) throw new Error(`${filter.name} refuses the request`);
    }
    request.fields.toLines();
    respond(all, request);
    for (const filter of all) filter.onRequestEnd?.(request);
  }
  // Signatures are verified by other threads.
  const { user, system } = process.cpuUsage(begun);
  return (user + system) / count;
}

/**
 * @param {readonly import('@rollcall/proxy').Filter[]} all
 * @param {import('@rollcall/proxy').FilterRequest} request
 */
function respond(all, request) {
  if (all.every((each) => each.onResponse === undefined)) return;
  const fields = new FieldSet(RESPONSE_HEAD);
  const response = { status: 200, fields, problem: undefined, body: undefined };
  for (const filter of all.toReversed()) filter.onResponse?.(response, request);
  fields.toLines();
}

/** @param {string} lines */
function requestOf(lines) {
  return {
    method: 'GET',
    host: 'localhost',
    target: '/v1/x',
    upstreamTarget: '/x',
    route: '/v1',
    clientAddress: '192.0.2.1',
    isSecure: false,
    clientCertificate: undefined,
    consumer: undefined,
    requestId: '1',
    fields: new FieldSet(lines),
  };
}
