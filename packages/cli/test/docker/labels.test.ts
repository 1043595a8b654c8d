import { describe, expect, it } from 'vitest';
import { declaredServices } from '../../src/docker/labels.ts';

/** What labels declare, without `rollcall.` in front. */
function declared(labels: Record<string, string>): ReturnType<typeof declaredServices> {
  const prefixed = Object.entries(labels).map(([key, value]) => [`rollcall.${key}`, value]);
  return declaredServices({ ...Object.fromEntries(prefixed), 'com.example.x': '1' });
}

const fieldsOf = (labels: Record<string, string>) => declared(labels).services[0]?.fields;

describe('labels', () => {
  it.each<[string, Record<string, string>, Record<string, unknown>]>([
    ['a prefix', {}, {}],
    ['numbers', { port: '3000', weight: '7' }, { port: '3000', weight: 7 }],
    ['a health check', { health: '/up' }, { health: { path: '/up' } }],
    [
      'a health check of a host',
      { health: 'a.test/up' },
      { health: { path: '/up', host: 'a.test' } },
    ],
    ['a health check of gRPC', { health: 'grpc' }, { health: { path: '/', method: 'GRPC' } }],
    ['version and zone', { version: '1.2', zone: 'a' }, { version: '1.2', zone: 'a' }],
    [
      'a policy',
      { 'policy.answerMs': '2000', 'policy.strip': 'false', 'policy.hashBy': 'cookie:a' },
      { policy: { answerMs: 2000, strip: false, hashBy: 'cookie:a' } },
    ],
    ['facts', { 'meta.commit': '4f2', 'meta.a.b': 'c' }, { meta: { commit: '4f2', 'a.b': 'c' } }],
    [
      'what a certificate is for',
      { 'tls.serverName': 'a.test' },
      { tls: { serverName: 'a.test' } },
    ],
    ['an invalid number, for the announcement to refuse', { weight: 'half' }, { weight: 'half' }],
    ['enable', { enable: 'true' }, {}],
  ])('declare %s', (_what, labels, expected) => {
    expect(declared({ prefix: '/v1', ...labels })).toEqual({
      services: [{ name: '', fields: { prefix: '/v1', ...expected } }],
      faults: [],
    });
  });

  it('declare several services of one container', () => {
    const { services, faults } = declared({
      'web.prefix': '/web',
      'web.port': '80',
      'admin.prefix': '/admin',
      'admin.policy.strip': 'false',
    });
    expect(faults).toEqual([]);
    expect(services).toEqual([
      { name: 'web', fields: { prefix: '/web', port: '80' } },
      { name: 'admin', fields: { prefix: '/admin', policy: { strip: false } } },
    ]);
  });

  it('declare the empty prefix', () => {
    expect(fieldsOf({ prefix: '' })).toEqual({ prefix: '' });
  });

  it.each<[string, Record<string, string>]>([
    ['the container', { enable: 'false', prefix: '/v1', weight: 'half' }],
    ['its only service', { 'web.prefix': '/v1', 'web.enable': 'false' }],
    ['a service of which nothing else is named', { 'web.enable': 'false' }],
  ])('disable %s', (_what, labels) => {
    expect(declared(labels)).toEqual({ services: [], faults: [] });
  });

  it.each<[string, Record<string, string>, string]>([
    [
      'a slip',
      { prefx: '/v1' },
      'the label rollcall.prefx is unknown: did you mean rollcall.prefix?',
    ],
    [
      'a slip of a named service',
      { 'web.prefix': '/v1', 'web.wieght': '1' },
      'the label rollcall.web.wieght is unknown: did you mean rollcall.web.weight?',
    ],
    ['another word', { prefix: '/v1', colour: 'red' }, 'the label rollcall.colour is unknown'],
    [
      'no prefix',
      { port: '80' },
      'the label rollcall.prefix is missing: it names the path to route',
    ],
    [
      'enable alone',
      { enable: 'true' },
      'the label rollcall.prefix is missing: it names the path to route',
    ],
    [
      'no prefix of a named service',
      { 'web.port': '80' },
      'the label rollcall.web.prefix is missing: it names the path to route',
    ],
    [
      'an unknown policy',
      { prefix: '/v1', 'policy.colour': 'red' },
      'the label rollcall.policy.colour is unknown',
    ],
    [
      'a policy without a part',
      { prefix: '/v1', policy: 'x' },
      'the label rollcall.policy names no part, as in policy.answerMs',
    ],
    [
      'enable that is neither',
      { prefix: '/v1', enable: 'yes' },
      'the label rollcall.enable is "yes"; it must be true or false',
    ],
    [
      'a name that is too long',
      { [`${'a'.repeat(25)}.prefix`]: '/v1' },
      `the label rollcall.${'a'.repeat(25)}.prefix has a name other than 1 to 24 of A-Z a-z 0-9 _ -`,
    ],
    [
      'what a container knows itself',
      { prefix: '/v1', address: '10.0.0.7' },
      'the label rollcall.address is unknown',
    ],
    [
      'too many characters',
      { prefix: '/v1', 'meta.a': 'x'.repeat(16_384) },
      'its labels of Rollcall have 16417 characters; at most 16384 are allowed',
    ],
    [
      'what could act on a terminal',
      { prefix: '/v1', 'x\n\u001b[2J': '1' },
      String.raw`the label "rollcall.x\n\u001b[2J" is unknown`,
    ],
    ['an empty label', { prefix: '/v1', '': 'x' }, 'the label rollcall. is unknown'],
    [
      'a part of a plain field',
      { prefix: '/v1', 'weight.x': '1' },
      'the label rollcall.weight.x is unknown',
    ],
  ])('with %s are refused', (_what, labels, fault) => {
    expect(declared(labels).faults).toEqual([fault]);
  });
});
