import { BlockList, isIPv4 } from 'node:net';
import { describe, expect, it } from 'vitest';
import { fieldValue } from '../../src/http1/fields.ts';
import { parseRequest } from '../../src/http1/request.ts';
import { ForwardedFields } from '../../src/downstream/forwarded-fields.ts';

function trusted(network?: string, prefix = 32) {
  const list = new BlockList();
  if (network !== undefined) list.addSubnet(network, prefix);
  return (address: string): boolean => isIPv4(address) && list.check(address);
}

function said(lines: string, host = 'api.example') {
  const request = parseRequest(`GET / HTTP/1.1\r\nHost: ${host}\r\n${lines}`);
  if (!request.ok) throw new Error(request.problem.detail);
  return request;
}

const PEER = { address: '10.0.0.1', localPort: 1500, protocol: 'http' } as const;
const lie =
  'X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-Host: evil\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Port: 66\r\nForwarded: for=6.6.6.6\r\nX-Request-Id: 666\r\nX-Forwarded-Prefix: /evil\r\n';

/** What is made of fields that a trusted proxy sends. */
function behind(lines: string) {
  const origin = new ForwardedFields(PEER, trusted('10.0.0.1'));
  return { origin, request: said(lines), lines: origin.lines(said(lines)) };
}

describe('the forwarded fields of a request', () => {
  it('say what the connection shows, not what the client says', () => {
    const origin = new ForwardedFields(PEER, trusted());
    expect(origin.lines(said(lie))).toBe(
      'x-forwarded-for: 10.0.0.1\r\nx-forwarded-port: 1500\r\nx-forwarded-proto: http\r\nx-forwarded-host: api.example\r\nforwarded: for=10.0.0.1;host=api.example;proto=http\r\n',
    );
    expect(origin.clientAddress(said(lie))).toBe('10.0.0.1');
    expect(origin.requestId(said(lie))).toBeUndefined();
    expect(origin.forwardedPrefix(said(lie))).toBe('');
  });

  it('say what a trusted proxy says, and that it came through that proxy', () => {
    const origin = new ForwardedFields(PEER, trusted('10.0.0.0', 8));
    const came = said(
      'X-Forwarded-For: 203.0.113.7\r\nX-Forwarded-Host: www.example:443\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Port: 443\r\nForwarded: for=6.6.6.6\r\nX-Request-Id: abc\r\nX-Forwarded-Prefix: /api\r\n',
    );
    expect(origin.lines(came)).toBe(
      'x-forwarded-for: 203.0.113.7, 10.0.0.1\r\nx-forwarded-port: 443\r\nx-forwarded-proto: https\r\nx-forwarded-host: www.example:443\r\nforwarded: for=203.0.113.7;host="www.example:443";proto=https, for=10.0.0.1\r\n',
    );
    expect(origin.clientAddress(came)).toBe('203.0.113.7');
    expect(origin.requestId(came)).toBe('abc');
    expect(origin.forwardedPrefix(came)).toBe('/api');
  });

  it('belong to each request, not to the one before it', () => {
    const origin = new ForwardedFields(PEER, trusted('10.0.0.1'));
    const [one, two] = ['192.0.2.1', '192.0.2.2'].map((each) =>
      said(`X-Forwarded-For: ${each}\r\n`),
    );
    if (one === undefined || two === undefined) throw new Error('none');
    expect([one, two, one].map((each) => origin.clientAddress(each))).toEqual([
      '192.0.2.1',
      '192.0.2.2',
      '192.0.2.1',
    ]);
    expect(fieldValue(origin.lines(said('', 'other')), 'x-forwarded-host')).toBe('other');
    expect(fieldValue(origin.lines(said('')), 'x-forwarded-host')).toBe('api.example');
    expect(origin.clientAddress(said(''))).toBe('10.0.0.1');
  });

  it.each([
    ['X-Forwarded-Host', 'x-forwarded-host', 'a/b', 'api.example'],
    ['X-Forwarded-Host', 'x-forwarded-host', 'a/b, b', 'api.example'],
    ['X-Forwarded-Proto', 'x-forwarded-proto', 'javascript', 'http'],
    ['X-Forwarded-Port', 'x-forwarded-port', '443; x', '1500'],
  ])('is not what a trusted proxy says in %s if that cannot be', (name, sent, value, wanted) => {
    const origin = new ForwardedFields(PEER, trusted('10.0.0.1'));
    expect(fieldValue(origin.lines(said(`${name}: ${value}\r\n`)), sent)).toBe(wanted);
  });

  it.each(['X-Forwarded-User', 'X-Forwarded-Groups', 'X-Forwarded-Client-Cert', 'X-Real-IP'])(
    'pass %s of a trusted proxy on, and of no one else',
    (name) => {
      const { origin, request } = behind(`${name}: x\r\nX-Forwarded-For: 192.0.2.1\r\n`);
      expect(origin.passed(request)).toBe(`${name}: x\r\n`);
      expect(new ForwardedFields(PEER, trusted()).passed(request)).toBe('');
      expect(request.fields).not.toContain(name);
    },
  );

  it.each([
    ['wss', 'https'],
    ['ws', 'http'],
    ['https,http', 'https'],
    ['http, https', 'http'],
    ['HTTPS', 'https'],
    ['ftp', 'http'],
  ])('take X-Forwarded-Proto: %s for %s', (value, wanted) => {
    const { origin, request, lines } = behind(`X-Forwarded-Proto: ${value}\r\n`);
    expect(fieldValue(lines, 'x-forwarded-proto')).toBe(wanted);
    expect(origin.isSecure(request)).toBe(wanted === 'https');
  });

  it('take the first of a list of hosts and ports', () => {
    const { lines } = behind('X-Forwarded-Host: a, b\r\nX-Forwarded-Port: 443, 80\r\n');
    expect(fieldValue(lines, 'x-forwarded-host')).toBe('a');
    expect(fieldValue(lines, 'x-forwarded-port')).toBe('443');
  });

  it('are taken from Forwarded if a trusted proxy sends nothing else', () => {
    const { origin, request, lines } = behind(
      'Forwarded: For="[2001:db8::7]:1";Proto=HTTPS;host="a:8443", for=10.0.0.2\r\n',
    );
    expect(fieldValue(lines, 'x-forwarded-proto')).toBe('https');
    expect(fieldValue(lines, 'x-forwarded-host')).toBe('a:8443');
    expect(fieldValue(lines, 'x-forwarded-for')).toBe('[2001:db8::7]:1, 10.0.0.2, 10.0.0.1');
    expect(origin.clientAddress(request)).toBe('10.0.0.2');
  });

  it.each([
    ['/outer/', '/outer'],
    ['/', ''],
    ['/a/, /b', '/a/b'],
    ['/a b', ''],
  ])('take the prefix %s for %j', (value, wanted) => {
    const { origin, request } = behind(`X-Forwarded-Prefix: ${value}\r\n`);
    expect(origin.forwardedPrefix(request)).toBe(wanted);
  });

  it('write IPv6 addresses as each field does', () => {
    const origin = new ForwardedFields({ ...PEER, address: '2001:db8::1' }, trusted());
    const lines = origin.lines(said('', '[2001:db8::2]:1500'));
    expect(fieldValue(lines, 'x-forwarded-for')).toBe('2001:db8::1');
    expect(fieldValue(lines, 'forwarded')).toBe(
      'for="[2001:db8::1]";host="[2001:db8::2]:1500";proto=http',
    );
  });

  it('have no host for HTTP/1.0 without one', () => {
    const lines = new ForwardedFields(PEER, trusted()).lines({ host: '', forwardedFields: '' });
    expect(fieldValue(lines, 'x-forwarded-host')).toBeUndefined();
    expect(fieldValue(lines, 'forwarded')).toBe('for=10.0.0.1;proto=http');
  });
});

describe('the client of a request', () => {
  it.each([
    ['6.6.6.6, 203.0.113.7', '203.0.113.7'],
    ['6.6.6.6, 203.0.113.7, 10.2.3.4', '203.0.113.7'],
    ['10.2.3.4, 10.2.3.5', '10.2.3.4'],
    ['6.6.6.6, unknown', '10.0.0.1'],
    ['6.6.6.6, unknown, 10.2.3.4', '10.2.3.4'],
    ['203.0.113.7:4711', '203.0.113.7'],
    ['[2001:db8::7]:4711', '2001:db8::7'],
    ['2001:db8::7', '2001:db8::7'],
    ['2001:DB8:0:0:0:0:0:7', '2001:db8::7'],
    ['[2001:0DB8::0007]', '2001:db8::7'],
    ['fe80::1%eth0', 'fe80::1'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['::FFFF:cb00:7107', '203.0.113.7'],
    ['6.6.6.6, ::ffff:10.2.3.4', '6.6.6.6'],
    ['[::ffff:203.0.113.7]:4711', '203.0.113.7'],
    ['6.6.6.6, _hidden', '10.0.0.1'],
    ['6.6.6.6, 10.2.3.04', '10.0.0.1'],
    ['6.6.6.6, 203.0.113.7:', '10.0.0.1'],
    ['6.6.6.6, 0x0a.2.3.4', '10.0.0.1'],
    ['6.6.6.6, 2001:db8::7::1', '10.0.0.1'],
    [' , ', '10.0.0.1'],
    ['', '10.0.0.1'],
  ])('that came by %j and a trusted proxy is %s', (came, wanted) => {
    const origin = new ForwardedFields(PEER, trusted('10.0.0.0', 8));
    expect(origin.clientAddress(said(`X-Forwarded-For: ${came}\r\n`))).toBe(wanted);
  });

  it('may stand in several fields', () => {
    const origin = new ForwardedFields(PEER, trusted('10.0.0.0', 8));
    const came = said('X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-For: 203.0.113.7\r\n');
    expect(origin.clientAddress(came)).toBe('203.0.113.7');
    expect(fieldValue(origin.lines(came), 'x-forwarded-for')).toBe(
      '6.6.6.6, 203.0.113.7, 10.0.0.1',
    );
  });
});
