import { describe, expect, it } from 'vitest';
import type { Decide, Forward } from '../../src/proxy.ts';
import { forwardBy } from '../decisions.ts';
import { send, start, upstream } from '../harness.ts';

/** A gateway with one route at /py, whose instance answers with these fields. */
async function answering(fields: Record<string, string | string[]>, more: Partial<Forward> = {}) {
  const there = await upstream((_request, response) => {
    const isRedirect = 'location' in fields;
    response.writeHead(isRedirect ? 302 : 200, fields).end('<html>');
  });
  const decide: Decide = ({ target }) => {
    const rest = target.slice('/py'.length);
    const forward = forwardBy(() => there, rest.startsWith('/') ? rest : `/${rest}`, '/py');
    return { ...forward, ...more };
  };
  const { port } = await start(decide);
  const ask = (path: string) => send(port, { path, headers: { host: 'gw.example:1500' } });
  return { port: there.port, ask };
}

describe('a redirect of an instance that does not know of its prefix', () => {
  it.each([
    ['/sub/', '/py/sub/'],
    ['/', '/py/'],
    ['/sub?a=/b', '/py/sub?a=/b'],
    ['http://gw.example:1500/dir/', 'http://gw.example:1500/py/dir/'],
    ['https://GW.example:1500/dir/', 'https://GW.example:1500/py/dir/'],
    ['/py/sub/', '/py/sub/'],
    ['/pyx/', '/py/pyx/'],
    ['sub/', 'sub/'],
    ['', ''],
    ['https://other.example/dir/', 'https://other.example/dir/'],
    ['//other.example/dir/', '//other.example/dir/'],
  ])('%s: %s', async (location, wanted) => {
    const { ask } = await answering({ location });
    expect((await ask('/py/x')).headers.location).toBe(wanted);
  });
  it.each(['localhost', '127.0.0.1', 'gw.example'])('to itself as %s', async (host) => {
    const fields = { location: '' };
    const { ask, port } = await answering(fields);
    fields.location = `http://${host}:${port}/sub/?q`;
    expect((await ask('/py/x')).headers.location).toBe('/py/sub/?q');
  });
  it('passes as it came on a route that does not restore, or does not strip', async () => {
    for (const more of [{ restoresPrefix: false }, { isStripped: false }]) {
      const { ask } = await answering({ location: '/sub/' }, more);
      expect((await ask('/py/x')).headers.location).toBe('/sub/');
    }
  });
  it('the same in Content-Location and Refresh', async () => {
    const { ask } = await answering({ 'content-location': '/a', refresh: '5; url=/b' });
    const { headers } = await ask('/py/x');
    expect(headers['content-location']).toBe('/py/a');
    expect(headers.refresh).toBe('5; url=/py/b');
  });
});

describe('the path of a cookie', () => {
  it.each([
    ['a=1; Path=/dir', 'a=1; Path=/py/dir'],
    ['a=1; HttpOnly; path=/dir; Secure', 'a=1; HttpOnly; path=/py/dir; Secure'],
    ['a=1; Path=/py/dir', 'a=1; Path=/py/dir'],
    ['a=1; Path=/', 'a=1; Path=/'],
    ['a=/dir', 'a=/dir'],
  ])('%s: %s', async (cookie, wanted) => {
    const { ask } = await answering({ 'set-cookie': ['x=1', cookie] });
    expect((await ask('/py/x')).headers['set-cookie']).toEqual(['x=1', wanted]);
  });
});

describe('a page at the bare prefix', () => {
  it('is redirected to the prefix with a slash, with its query', async () => {
    const { ask } = await answering({ 'content-type': 'text/html; charset=utf-8' });
    const { status, headers } = await ask('/py?a=b/');
    expect({ status, location: headers.location }).toEqual({ status: 308, location: '/py/?a=b/' });
    expect((await ask('/py')).headers.location).toBe('/py/');
    expect((await ask('/py/')).status).toBe(200);
    expect((await ask('/py/x')).status).toBe(200);
  });
  it('is not if it is no HTML, or the route does not restore', async () => {
    const json = await answering({ 'content-type': 'application/json' });
    expect((await json.ask('/py')).status).toBe(200);
    const off = await answering({ 'content-type': 'text/html' }, { restoresPrefix: false });
    expect((await off.ask('/py')).status).toBe(200);
  });
});
