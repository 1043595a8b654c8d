import { randomBytes } from 'node:crypto';
import type { Context } from '../context.ts';
import { passedTrailers } from '../http1/fields.ts';
import { MAX_KEPT } from '../http1/head-reader.ts';
import type { Refused } from '../http1/request.ts';
import type { Block } from '../http2/block-reader.ts';
import { HpackDecoder } from '../http2/hpack-decoder.ts';
import { parseRequest, tooLarge } from '../http2/request.ts';
import type { Http2Request } from '../http2/request.ts';
import { trailerLines } from '../http2/trailers.ts';

/**
 * Reads the blocks of one connection, in their order. The last one is remembered: if the same comes again and the table
 * is the same, so is what it says.
 */
export class Http2Requests {
  readonly #context: Context;
  readonly #decoder = new HpackDecoder();
  #lastBlock = '';
  #lastEnds = false;
  #lastVersion = -1;
  #lastAllowed = false;
  #last: Http2Request | Refused | undefined;

  constructor(context: Context) {
    this.#context = context;
  }

  /** @throws Http2Error if the block cannot be decoded */
  request({ bytes, endsStream }: Block): Http2Request | Refused {
    const { underscores, limits } = this.#context;
    const isShort = bytes.length <= MAX_KEPT;
    const text = isShort ? bytes.toString('latin1') : '';
    const isSame =
      isShort &&
      text === this.#lastBlock &&
      endsStream === this.#lastEnds &&
      this.#decoder.version === this.#lastVersion &&
      underscores.isAllowed === this.#lastAllowed;
    if (isSame && this.#last !== undefined) return this.#last;
    const { version } = this.#decoder;
    const { dropped } = underscores;
    const fields = this.#decoder.decode(bytes, limits.headBytes);
    const parsed =
      fields === undefined
        ? tooLarge(limits.headBytes)
        : parseRequest(fields, { endsStream, underscores, webSocketKey });
    // One that changes the table means something else the next time; and each key, and each field that is dropped, is
    // one of its own.
    const isKept =
      isShort &&
      parsed.ok &&
      !parsed.upgrades &&
      version === this.#decoder.version &&
      dropped === underscores.dropped;
    this.#last = isKept ? parsed : undefined;
    if (!isKept) return parsed;
    this.#lastBlock = text;
    this.#lastEnds = endsStream;
    this.#lastVersion = version;
    this.#lastAllowed = underscores.isAllowed;
    return parsed;
  }

  /**
   * Returns the trailers that are passed on, as lines; undefined if they are malformed or too large.
   * @throws Http2Error if the block cannot be decoded
   */
  trailers({ bytes, endsStream }: Block): string | undefined {
    const { underscores, limits } = this.#context;
    const fields = this.#decoder.decode(bytes, limits.headBytes);
    const lines = fields === undefined || !endsStream ? undefined : trailerLines(fields);
    return lines === undefined ? undefined : passedTrailers(lines, true, underscores);
  }
}

function webSocketKey(): string {
  return randomBytes(16).toString('base64');
}
