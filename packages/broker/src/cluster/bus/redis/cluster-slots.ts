import type { ServerAddress } from '../bus-url.ts';
import type { RespValue } from './resp-parser.ts';

const SLOTS = 16_384;

/** A range of slots, and the server that is their primary. */
export interface SlotRange {
  readonly first: number;
  readonly last: number;
  readonly primary: ServerAddress;
  readonly primaryId: string;
}

/** Reads a reply to CLUSTER SLOTS. Undefined if it is no answer, or leaves out a slot. */
export function parseSlots(
  reply: RespValue,
  asked: ServerAddress,
): readonly SlotRange[] | undefined {
  if (!Array.isArray(reply)) return undefined;
  const ranges: SlotRange[] = [];
  for (const each of reply as readonly RespValue[]) {
    const [first, last, primary] = Array.isArray(each) ? (each as readonly RespValue[]) : [];
    const [host, port, id] = Array.isArray(primary) ? (primary as readonly RespValue[]) : [];
    if (typeof first !== 'number' || typeof last !== 'number' || typeof port !== 'number') {
      return undefined;
    }
    // A server that does not know its own address leaves it out.
    const isKnown = typeof host === 'string' && host !== '' && host !== '?';
    ranges.push({
      first,
      last,
      primary: { host: isKnown ? host : asked.host, port },
      primaryId: String(id),
    });
  }
  const covered = ranges.reduce((sum, { first, last }) => sum + last - first + 1, 0);
  return covered === SLOTS ? ranges.toSorted((a, b) => a.first - b.first) : undefined;
}

/** Identifies what slots are where. Servers may know each other by different addresses. */
export function keyOfSlots(ranges: readonly SlotRange[]): string {
  return ranges.map(({ first, last, primaryId }) => `${first}-${last} ${primaryId}`).join();
}

/** The slot of a subject, by CRC16. Subjects have no braces, so that no hash tag has to be found. */
export function slotOf(subject: string): number {
  let crc = 0;
  for (const byte of Buffer.from(subject)) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit += 1) {
      crc = ((crc & 0x80_00) === 0 ? crc << 1 : (crc << 1) ^ 0x10_21) & 0xff_ff;
    }
  }
  return crc % SLOTS;
}
