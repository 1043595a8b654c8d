import { decode, encode } from 'dns-packet';
import type { Answer, DecodedPacket, Packet, RecordType } from 'dns-packet';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { respond } from '../../../src/catalog/dns/respond.ts';
import type { Transport } from '../../../src/catalog/dns/respond.ts';
import { Zone } from '../../../src/catalog/dns/zone.ts';
import { catalogOf, LiveTable } from '../live-table.ts';

const UDP = { maxUdpBytes: 1232 };

/** Numerical Recipes' generator: the same numbers in every run. */
let seed = 1;
const random = (): number => (seed = (seed * 1_664_525 + 1_013_904_223) % 2 ** 32) / 2 ** 32;

let table: LiveTable;
let zone: Zone;
beforeEach(() => {
  table = new LiveTable();
  const catalog = catalogOf(table, () => 1000);
  zone = new Zone({ catalog, domain: 'rollcall', ttl: 1, random });
});

type Decoded = DecodedPacket & { readonly rcode: string };

function query(packet: Packet, transport: Transport = UDP): Decoded {
  const answer = respond(encode({ type: 'query', id: 7, ...packet }), zone, transport);
  if (answer === undefined) throw new Error('not answered');
  return decode(answer) as Decoded;
}

const ask = (type: string, name: string, transport: Transport = UDP): Decoded =>
  query({ questions: [{ type: type as RecordType, name }] }, transport);

const rcodeOf = (message: Buffer): string | undefined => {
  const answer = respond(message, zone, UDP);
  return answer && (decode(answer) as Decoded).rcode;
};

const data = (answers: Answer[] = []): unknown[] =>
  answers.map((answer) => ('data' in answer ? answer.data : undefined));

const opt = (udpPayloadSize: number, ednsVersion = 0): Answer => ({
  type: 'OPT',
  name: '.',
  udpPayloadSize,
  ednsVersion,
  extendedRcode: 0,
  flags: 0,
  flag_do: false,
  options: [],
});

describe('the zone', () => {
  beforeEach(() => {
    table.say('a', { address: '10.0.0.1', port: 3000, weight: 5 });
    table.say('b', { address: '10.0.0.1', port: 3001 });
    table.say('c', { address: 'fd00::7', port: 3002 });
    table.say('down', { address: '10.0.0.9' });
    table.probed('down', 'refused');
    table.say('leaving', { address: '10.0.0.8', draining: true });
  });

  it('has the address of each routable instance once', () => {
    const { rcode, flag_aa, answers } = ask('A', 'v1.service.rollcall');
    expect({ rcode, flag_aa }).toEqual({ rcode: 'NOERROR', flag_aa: true });
    expect(answers).toMatchObject([{ name: 'v1.service.rollcall', ttl: 1, data: '10.0.0.1' }]);
    expect(data(ask('AAAA', 'v1.service.rollcall').answers)).toEqual(['fd00::7']);
  });

  it.each(['_v1._tcp.service.rollcall', 'v1.service.rollcall'])(
    'has ports in the SRV records of %s, with the addresses of their targets',
    (name) => {
      const { answers = [], additionals = [] } = ask('SRV', name);
      expect(data(answers)).toHaveLength(3);
      for (const srv of [
        { priority: 1, weight: 5, port: 3000, target: '0a000001-3000.v1.service.rollcall' },
        { priority: 1, weight: 1, port: 3001, target: '0a000001-3001.v1.service.rollcall' },
        {
          priority: 1,
          weight: 1,
          port: 3002,
          target: 'fd000000000000000000000000000007-3002.v1.service.rollcall',
        },
      ])
        expect(data(answers)).toContainEqual(srv);
      expect(data(additionals)).toHaveLength(3);
      expect(new Set(data(additionals))).toEqual(new Set(['10.0.0.1', 'fd00::7']));
    },
  );

  it('resolves the names of SRV targets, even of an instance that just went down', () => {
    expect(data(ask('A', '0a000001-3000.v1.service.rollcall').answers)).toEqual(['10.0.0.1']);
    expect(data(ask('A', '0a000009-80.v1.service.rollcall').answers)).toEqual(['10.0.0.9']);
    const six = 'fd000000000000000000000000000007-3002.v1.service.rollcall';
    expect(data(ask('AAAA', six).answers)).toEqual(['fd00::7']);
    expect(ask('A', six)).toMatchObject({ rcode: 'NOERROR', answers: [] });
    // No name is made up for an address that no instance has.
    expect(ask('A', '08080808-80.v1.service.rollcall').rcode).toBe('NXDOMAIN');
  });

  it('ignores case, and answers in the spelling of the question', () => {
    expect(ask('A', 'V1.Service.RollCall').answers).toMatchObject([
      { name: 'V1.Service.RollCall' },
    ]);
  });

  it.each([
    ['other.service.rollcall', 'NXDOMAIN'],
    ['v1.rollcall', 'NXDOMAIN'],
    ['x.y.v1.service.rollcall', 'NXDOMAIN'],
    ['_other._tcp.service.rollcall', 'NXDOMAIN'],
    ['_v1._udp.service.rollcall', 'NXDOMAIN'],
    ['rollcall', 'NOERROR'],
    ['service.rollcall', 'NOERROR'],
    ['_tcp.service.rollcall', 'NOERROR'],
    ['_v1._tcp.service.rollcall', 'NOERROR'],
  ])('answers for %s, which has no address, with %s and a time to live', (name, rcode) => {
    const answer = ask('A', name);
    expect(answer).toMatchObject({ rcode, answers: [], flag_aa: true });
    expect(answer.authorities).toMatchObject([
      { type: 'SOA', name: 'rollcall', ttl: 1, data: { minimum: 1 } },
    ]);
  });

  it('has the name of a service without instances', () => {
    for (const id of ['a', 'b', 'c', 'down', 'leaving']) table.leave(id);
    expect(ask('SRV', '_v1._tcp.service.rollcall')).toMatchObject({
      rcode: 'NOERROR',
      answers: [],
    });
  });

  it('has a SOA record', () => {
    expect(data(ask('SOA', 'rollcall').answers)).toMatchObject([{ mname: 'rollcall' }]);
  });

  it.each(['example.com', 'v1.service.rollcall.example', 'xrollcall', '.'])(
    'has no records of %s',
    (name) => {
      expect(ask('A', name)).toMatchObject({ rcode: 'REFUSED', answers: [], flag_aa: false });
    },
  );

  it.each(['AXFR', 'IXFR'])('is not revealed by %s', (type) => {
    expect(ask(type, 'rollcall', 'tcp').rcode).toBe('REFUSED');
  });

  it('answers ANY with one small record', () => {
    expect(ask('ANY', 'v1.service.rollcall', 'tcp').answers).toMatchObject([{ type: 'HINFO' }]);
  });

  it('starts with each instance about equally often', () => {
    const firsts = new Map<number, number>();
    for (let round = 0; round < 600; round++) {
      const [first] = data(ask('SRV', 'v1.service.rollcall').answers) as { port: number }[];
      firsts.set(first?.port ?? 0, (firsts.get(first?.port ?? 0) ?? 0) + 1);
    }
    expect(firsts.size).toBe(3);
    for (const count of firsts.values()) expect(count).toBeGreaterThan(150);
  });
});

describe('the size of an answer', () => {
  beforeEach(() => {
    for (let at = 0; at < 100; at++) table.say(`i${at}`, { address: `10.0.1.${at}` });
  });
  const name = '_v1._tcp.service.rollcall';
  const sized = (packet: Packet, transport: Transport = UDP) => {
    const answer = respond(
      encode({ type: 'query', id: 7, questions: [{ type: 'SRV', name }], ...packet }),
      zone,
      transport,
    );
    return { bytes: answer?.length ?? 0, ...decode(answer ?? Buffer.alloc(0)) };
  };

  it.each([
    [{}, 512],
    [{ additionals: [opt(100)] }, 512],
    [{ additionals: [opt(900)] }, 900],
    [{ additionals: [opt(65_535)] }, 1232],
  ])('of %j is at most %i bytes, with the truncation flag', (packet, limit) => {
    const { bytes, flag_tc, answers = [] } = sized(packet);
    expect(bytes).toBeLessThanOrEqual(limit);
    expect(bytes).toBeGreaterThan(limit - 100);
    expect(flag_tc).toBe(true);
    expect(answers.length).toBeGreaterThan(0);
  });

  it('is not limited over TCP', () => {
    const { flag_tc, answers, additionals } = sized({}, 'tcp');
    expect(flag_tc).toBe(false);
    expect([answers?.length, additionals?.length]).toEqual([100, 100]);
  });

  it('omits addresses of targets before it is truncated', () => {
    const { flag_tc, answers, additionals } = sized(
      { additionals: [opt(8192)] },
      { maxUdpBytes: 8192 },
    );
    expect(flag_tc).toBe(false);
    expect(answers).toHaveLength(100);
    expect(additionals?.length).toBeLessThan(100);
    expect(additionals?.at(-1)?.type).toBe('OPT');
  });

  it('has a limit over TCP too', () => {
    for (let at = 0; at < 2000; at++) table.say(`j${at}`, { port: at + 1 });
    expect(sized({}, 'tcp').bytes).toBeLessThanOrEqual(65_535);
  });

  it('of an unknown EDNS version is BADVERS', () => {
    expect(sized({ additionals: [opt(1232, 1)] }).additionals).toMatchObject([
      { extendedRcode: 1 },
    ]);
  });
});

describe('an invalid query', () => {
  const good = encode({
    type: 'query',
    id: 7,
    questions: [{ type: 'A', name: 'v1.service.rollcall' }],
  });
  const changed = (change: (message: Buffer) => void): Buffer => {
    const message = Buffer.from(good);
    change(message);
    return message;
  };
  it('is ignored if it is a response, or too short for a header', () => {
    expect(rcodeOf(changed((message) => message.writeUInt8(0x80, 2)))).toBeUndefined();
    expect(rcodeOf(Buffer.alloc(0))).toBeUndefined();
    expect(rcodeOf(good.subarray(0, 11))).toBeUndefined();
  });

  it.each<[string, Buffer]>([
    ['no question', good.subarray(0, 12)],
    ['two questions', changed((message) => message.writeUInt16BE(2, 4))],
    ['a name with no end', good.subarray(0, 20)],
    ['a name that points at itself', changed((message) => message.writeUInt16BE(0xc00c, 12))],
    ['a dot within a label', changed((message) => message.write('.', 14))],
    ['a label that is no UTF-8', changed((message) => message.writeUInt8(0xff, 14))],
    ['another class', changed((message) => message.writeUInt16BE(77, good.length - 2))],
    ['more bytes than any query has', Buffer.concat([good, Buffer.alloc(2000)])],
  ])('is refused with %s', (_what, message) => {
    expect(rcodeOf(message)).toBe('FORMERR');
  });

  it('is refused if its opcode or class is not supported', () => {
    expect(rcodeOf(changed((message) => message.writeUInt8(0x28, 2)))).toBe('NOTIMP');
    expect(rcodeOf(changed((message) => message.writeUInt16BE(3, good.length - 2)))).toBe(
      'REFUSED',
    );
  });

  it('never crashes the server, nor gets a larger answer than allowed', () => {
    for (let at = 0; at < 50; at++) table.say(`i${at}`, { address: `10.0.1.${at}` });
    const flips = fc.array(fc.tuple(fc.nat(good.length + 10), fc.nat(255)), { maxLength: 6 });
    const near = flips.map((bytes) => {
      const message = Buffer.concat([good, Buffer.from([0, 0, 41, 16, 0, 0, 0, 0, 0, 0, 0])]);
      for (const [at, byte] of bytes) message[at % message.length] = byte;
      return message;
    });
    const noise = fc.uint8Array({ maxLength: 1500 }).map((bytes) => Buffer.from(bytes));
    fc.assert(
      fc.property(fc.oneof(near, noise), (message) => {
        const answer = respond(message, zone, UDP);
        if (answer === undefined) return;
        expect(answer.length).toBeLessThanOrEqual(1232);
        expect(answer.readUInt16BE(0)).toBe(message.readUInt16BE(0));
        decode(answer);
      }),
      { numRuns: 3000 },
    );
  });
});
