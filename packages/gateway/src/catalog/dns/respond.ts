import {
  AUTHORITATIVE_ANSWER,
  decode,
  encode,
  encodingLength,
  TRUNCATED_RESPONSE,
} from 'dns-packet';
import type { Answer, DecodedPacket, OptAnswer, Packet, Question } from 'dns-packet';
import type { Rcode, Reply, Zone } from './zone.ts';

const HEADER_BYTES = 12;
/** A query has one name of at most 255 bytes and a few options. */
export const MAX_QUERY_BYTES = 1024;
/** The limit for clients that announce no other (RFC 1035 §4.2.1). */
const PLAIN_UDP_BYTES = 512;

const RCODES: Readonly<Record<Rcode | 'FORMERR' | 'NOTIMP', number>> = {
  NOERROR: 0,
  FORMERR: 1,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
};
/** RFC 6891 §6.1.3. Its upper bits are in the OPT record. */
const BADVERS_EXTENDED = 1;

/** How a response travels: in a datagram of at most so many bytes, or fewer if the query says so; or in a stream. */
export type Transport = { readonly maxUdpBytes: number } | 'tcp';

/**
 * Returns the response to any message from the network. A message that is not a query gets none: otherwise two servers
 * could respond to each other forever.
 */
export function respond(message: Buffer, zone: Zone, transport: Transport): Buffer | undefined {
  if (message.length < HEADER_BYTES) return undefined;
  const flags = message.readUInt16BE(2);
  if ((flags & 0x8000) !== 0) return undefined;
  if ((flags & 0x7800) !== 0) return bare(message, RCODES.NOTIMP);
  const query = parsed(message);
  const question = query?.questions?.[0];
  if (query === undefined || question === undefined) return bare(message, RCODES.FORMERR);
  const opt = query.additionals?.find((each) => each.type === 'OPT');

  const reply = {
    type: 'response' as const,
    id: query.id,
    // RFC 1035 §4.1.1: the bit "recursion desired" is copied.
    flags: flags & 0x0100,
    questions: [question],
  };
  if (opt !== undefined && opt.ednsVersion > 0)
    return encode({ ...reply, additionals: [ownOpt(transport, BADVERS_EXTENDED)] });
  const answer = isServed(question) ? zone.answer(question) : REFUSED;
  const isOurs = answer.rcode !== 'REFUSED';
  reply.flags |= RCODES[answer.rcode] | (isOurs ? AUTHORITATIVE_ANSWER : 0);
  const own = opt === undefined ? [] : [ownOpt(transport)];
  return encode(fitted(reply, answer, own, sizeLimit(transport, opt)));
}

const REFUSED: Reply = { rcode: 'REFUSED', answers: [], authorities: [], additionals: [] };

/** Parses a query with one question that would be encoded the same way here. */
function parsed(message: Buffer): DecodedPacket | undefined {
  if (message.length > MAX_QUERY_BYTES) return undefined;
  try {
    const query = decode(message);
    const [question, ...others] = query.questions ?? [];
    if (question === undefined || others.length > 0) return undefined;
    // A label that contains a dot or is not UTF-8 would come back changed.
    const again = encode({ questions: [question] }).subarray(HEADER_BYTES);
    const isSame = message.subarray(HEADER_BYTES).subarray(0, again.length).equals(again);
    return isSame ? query : undefined;
  } catch {
    return undefined;
  }
}

/** Zone transfers and classes other than IN are not supported. */
function isServed({ class: class_, type }: Question): boolean {
  return class_ === 'IN' && type !== 'AXFR' && type !== 'IXFR';
}

function sizeLimit(transport: Transport, opt: OptAnswer | undefined): number {
  if (transport === 'tcp') return 65_535;
  const wanted = Math.max(opt?.udpPayloadSize ?? PLAIN_UDP_BYTES, PLAIN_UDP_BYTES);
  return Math.min(wanted, transport.maxUdpBytes);
}

/** Adds records while there is room. Only missing answers mark a response as truncated (RFC 2181 §9). */
function fitted(
  reply: Packet,
  { answers, authorities, additionals }: Reply,
  own: Answer[],
  limit: number,
): Packet {
  const room = limit - encodingLength({ ...reply, authorities, additionals: own });
  const included = within(room, answers);
  const isTruncated = included.length < answers.length;
  const left = room - lengthOf(included);
  return {
    ...reply,
    flags: (reply.flags ?? 0) | (isTruncated ? TRUNCATED_RESPONSE : 0),
    answers: included,
    authorities,
    additionals: [...(isTruncated ? [] : within(left, additionals)), ...own],
  };
}

function within(room: number, records: readonly Answer[]): Answer[] {
  let left = room;
  const end = records.findIndex((record) => (left -= lengthOf([record])) < 0);
  return records.slice(0, end === -1 ? undefined : end);
}

function lengthOf(answers: Answer[]): number {
  return encodingLength({ answers }) - HEADER_BYTES;
}

function ownOpt(transport: Transport, extendedRcode = 0): OptAnswer {
  const udpPayloadSize = transport === 'tcp' ? PLAIN_UDP_BYTES : transport.maxUdpBytes;
  const flags = { ednsVersion: 0, flags: 0, flag_do: false };
  return { type: 'OPT', name: '.', udpPayloadSize, extendedRcode, ...flags, options: [] };
}

/** Returns a response with only an error code, for a message that cannot be parsed. */
function bare(message: Buffer, rcode: number): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt16BE(message.readUInt16BE(0), 0);
  header.writeUInt16BE(0x8000 | (message.readUInt16BE(2) & 0x7900) | rcode, 2);
  return header;
}
