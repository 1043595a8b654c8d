import { ERROR, Http2Error } from './frames.ts';
import { STATIC_TABLE } from './hpack-static-table.ts';
import type { HeaderField } from './hpack-static-table.ts';
import { huffmanDecode } from './huffman.ts';

/** What a peer may have of our memory unless our SETTINGS say otherwise (RFC 9113 §6.5.2). */
const MAX_TABLE_BYTES = 4096;
/** What an entry takes beside its characters (RFC 7541 §4.1). */
const ENTRY_BYTES = 32;

/** Decodes the blocks of fields of one connection, in their order (RFC 7541). */
export class HpackDecoder {
  /** The dynamic table, the newest entry last. */
  readonly #entries: HeaderField[] = [];
  #bytes = 0;
  #maxBytes = MAX_TABLE_BYTES;
  /** Changes whenever the table does: the same block means the same as long as it has not. */
  version = 0;
  #block: Buffer = Buffer.alloc(0);
  #at = 0;

  /**
   * Decodes a block.
   * @param maxListBytes of the fields, as RFC 9113 §6.5.2 counts them
   * @returns undefined if they are more. Their block is read to its end in any case, because the table depends on it
   * @throws Http2Error if it is invalid, after which no other block can be decoded
   */
  decode(block: Buffer, maxListBytes: number): HeaderField[] | undefined {
    this.#block = block;
    this.#at = 0;
    while (this.#at < block.length && (this.#peek() & 0xe0) === 0x20) this.#resize();
    const fields: HeaderField[] = [];
    let size = 0;
    while (this.#at < block.length) {
      const field = this.#field();
      size += sizeOf(field);
      if (size <= maxListBytes) fields.push(field);
    }
    return size <= maxListBytes ? fields : undefined;
  }

  #field(): HeaderField {
    const first = this.#peek();
    if ((first & 0x80) !== 0) return this.#entry(this.#integer(7));
    if ((first & 0x40) !== 0) {
      const field = this.#literal(6);
      this.#insert(field);
      return field;
    }
    if ((first & 0x20) !== 0) throw invalid('the size of the table changes within a block');
    return this.#literal(4);
  }

  #literal(prefixBits: number): HeaderField {
    const index = this.#integer(prefixBits);
    const name = index === 0 ? this.#string() : this.#entry(index).name;
    return { name, value: this.#string() };
  }

  #entry(index: number): HeaderField {
    const beyond = index - STATIC_TABLE.length;
    const entry =
      beyond > 0 ? this.#entries[this.#entries.length - beyond] : STATIC_TABLE[index - 1];
    if (entry === undefined) throw invalid(`there is no field with the index ${index}`);
    return entry;
  }

  #insert(field: HeaderField): void {
    this.version++;
    this.#bytes += sizeOf(field);
    this.#entries.push(field);
    this.#evict();
  }

  #resize(): void {
    const maxBytes = this.#integer(5);
    if (maxBytes > MAX_TABLE_BYTES) throw invalid('the table is made larger than allowed');
    this.version++;
    this.#maxBytes = maxBytes;
    this.#evict();
  }

  #evict(): void {
    let count = 0;
    while (this.#bytes > this.#maxBytes) {
      const oldest = this.#entries[count++];
      if (oldest === undefined) break;
      this.#bytes -= sizeOf(oldest);
    }
    if (count > 0) this.#entries.splice(0, count);
  }

  #string(): string {
    const isHuffman = (this.#peek() & 0x80) !== 0;
    const length = this.#integer(7);
    const from = this.#at;
    const to = from + length;
    if (to > this.#block.length) throw invalid('a string goes beyond its block');
    this.#at = to;
    if (!isHuffman) return this.#block.toString('latin1', from, to);
    const text = huffmanDecode(this.#block, from, to);
    if (text === undefined) throw invalid('a string is not valid Huffman code');
    return text;
  }

  /** RFC 7541 §5.1. */
  #integer(prefixBits: number): number {
    const mask = 2 ** prefixBits - 1;
    let value = this.#byte() & mask;
    if (value < mask) return value;
    for (let shift = 0; ; shift += 7) {
      const byte = this.#byte();
      value += (byte & 0x7f) * 2 ** shift;
      if ((byte & 0x80) === 0) return value;
      // Beyond what any block holds.
      if (shift >= 21) throw invalid('an integer is too large');
    }
  }

  #peek(): number {
    return this.#block[this.#at] ?? 0;
  }

  #byte(): number {
    const byte = this.#block[this.#at++];
    if (byte === undefined) throw invalid('a block ends within a field');
    return byte;
  }
}

function sizeOf({ name, value }: HeaderField): number {
  return name.length + value.length + ENTRY_BYTES;
}

function invalid(message: string): Http2Error {
  return new Http2Error(ERROR.compression, message);
}
