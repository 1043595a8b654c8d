import { describe, expect, it } from 'vitest';
import { fromAssignments, fromEnvironment, fromFlags, layered } from '@rollcall/runtime/settings';
import { TABLE } from './table.ts';

const mistake = (message: string): Error =>
  expect.objectContaining({ code: 'ROLLCALL_CONFIG', message }) as Error;

describe('sources of settings', () => {
  it('take precedence in their order, setting by setting', () => {
    const values = layered(TABLE, [
      fromAssignments(TABLE, '--set', ['limits.answerMs=1', 'limits.headBytes=2048', 'port=1']),
      fromEnvironment(TABLE, { PORT: '2', SAMPLE: '' }),
      fromFlags(TABLE, { port: '3', answer: '7' }),
    ]);
    expect(values).toEqual({ limits: { answerMs: 7000, headBytes: 2048 }, port: 3 });
  });

  it('replace a list as a whole', () => {
    const values = layered(TABLE, [
      fromAssignments(TABLE, '--set', ['allow=a,b']),
      fromFlags(TABLE, { allow: 'c' }),
    ]);
    expect(values).toEqual({ allow: ['c'] });
  });

  it('are refused with all their faults', () => {
    const layers = [fromEnvironment(TABLE, { PORT: 'x' }), fromFlags(TABLE, { port: '-1' })];
    const range = 'it must be a whole number from 0 to 65535';
    expect(() => layered(TABLE, layers)).toThrow(
      mistake(`PORT is "x"; ${range}\n--port is "-1"; ${range}`),
    );
  });

  it('are complete only together', () => {
    const cert = fromFlags(TABLE, { cert: 'c.pem' });
    expect(() => layered(TABLE, [cert])).toThrow(mistake('`tls.key` is missing: give --key too'));
    expect(layered(TABLE, [cert, fromFlags(TABLE, { key: 'k.pem' })])).toEqual({
      tls: { cert: 'c.pem', key: 'k.pem' },
    });
  });
});

describe('a flag or a variable', () => {
  it.each([
    [{ workers: 'auto' }, {}],
    [{ port: '0' }, { port: 0 }],
    [{ port: '65535' }, { port: 65_535 }],
    [{ host: 'h' }, { host: 'h' }],
    [{ answer: '2' }, { limits: { answerMs: 2000 } }],
    [{ allow: '' }, { allow: [] }],
    [{ allow: ' , ,' }, { allow: [] }],
    [{ allow: ' a ,\tb,' }, { allow: ['a', 'b'] }],
    [{ snapshot: 'none' }, { snapshot: 'none' }],
    [{ port: undefined }, {}],
  ])('%j is read as %j', (options, values) => {
    expect(fromFlags(TABLE, options)).toEqual({ values, faults: [] });
  });

  it.each([
    [{ SAMPLE: '0.01' }, { sample: 0.01 }],
    [{ SAMPLE: '.5' }, { sample: 0.5 }],
    [{ COLLECTOR: 'http://localhost:4318' }, { traces: true }],
    [{ PORT: '' }, {}],
  ])('%j is read as %j', (env, values) => {
    expect(fromEnvironment(TABLE, env)).toEqual({ values, faults: [] });
  });

  it.each(['65536', '-1', '1.5', '1e3', ' 80', '0x50', '99999999999999999', 'x', ''])(
    'that is %j is no port',
    (port) => {
      const fault = `--port is ${JSON.stringify(port)}; it must be a whole number from 0 to 65535`;
      expect(fromFlags(TABLE, { port }).faults).toEqual([fault]);
    },
  );

  it.each([
    [{ answer: '0' }, '--answer is "0"; it must be a whole number of seconds from 1 to 86400'],
    [{ host: '' }, '--host is ""; it must be a string that is not empty'],
  ])('that is %j is refused', (options, fault) => {
    expect(fromFlags(TABLE, options).faults).toEqual([fault]);
  });

  it.each([
    [{ SAMPLE: '2' }, 'SAMPLE is "2"; it must be a number from 0 to 1'],
    [{ SAMPLE: '1e-3' }, 'SAMPLE is "1e-3"; it must be a number from 0 to 1'],
  ])('that is %j is refused', (env, fault) => {
    expect(fromEnvironment(TABLE, env).faults).toEqual([fault]);
  });
});

describe('an assignment', () => {
  it.each([
    ['names.a=b', { names: { a: 'b' } }],
    ['names={"a":"b"}', { names: { a: 'b' } }],
    ['limits.answerMs=1000', { limits: { answerMs: 1000 } }],
    ['host=example.com', { host: 'example.com' }],
    ['host="quoted"', { host: 'quoted' }],
    ['host=a=b', { host: 'a=b' }],
    ['workers=auto', { workers: 'auto' }],
    ['strip=false', { strip: false }],
    ['allow=["a"]', { allow: ['a'] }],
    ['allow=a,b', { allow: ['a', 'b'] }],
    ['limits={"answerMs":5}', { limits: { answerMs: 5 } }],
    ['routes./v1.limits.answerMs=5', { routes: { '/v1': { limits: { answerMs: 5 } } } }],
    ['routes./v1.5/x.limits.answerMs=5', { routes: { '/v1.5/x': { limits: { answerMs: 5 } } } }],
  ])('%s sets the same as the file', (assignment, values) => {
    expect(fromAssignments(TABLE, '--set', [assignment])).toEqual({ values, faults: [] });
  });

  it.each([
    ['limits', '"limits" must be KEY=VALUE, such as limits.answerMs=1000'],
    [
      'limits.answerMs=soon',
      '`limits.answerMs` is "soon"; it must be a whole number of milliseconds from 1 to 86400000',
    ],
    ['limits=5', '`limits` is 5; it must be an object'],
    ['prot=1', 'unknown key `prot`: did you mean `port`?'],
    ['port.x=1', '`port` is an object; it must be a whole number from 0 to 65535'],
    ['token=s3cret', '`token` must not stand in a file: set TOKEN'],
    ['routes.v1.limits.answerMs=5', '`routes.v1`: the key must be a path prefix such as /v1'],
  ])('%s is refused', (assignment, fault) => {
    expect(fromAssignments(TABLE, '--set', [assignment]).faults).toEqual([`--set: ${fault}`]);
  });
});
