import type { IncomingMessage } from 'node:http';
import { shareOfHeap } from '@rollcall/runtime';
import { HttpError } from './http-error.ts';
import { UnavailableError } from '../app/unavailable-error.ts';

/** Reads the bodies of requests, and bounds how much of them is kept while they arrive. */
export class BodyReader {
  readonly #maxBytes: number;
  readonly #maxTotal: number;
  #total = 0;

  /**
   * @param maxBytes - of one body.
   * @param maxTotal - of all bodies that have not yet arrived in full.
   */
  constructor(maxBytes: number, maxTotal: number = shareOfHeap()) {
    this.#maxBytes = maxBytes;
    this.#maxTotal = maxTotal;
  }

  /**
   * Reads the whole body of a request.
   *
   * @throws {@link HttpError} 413 if it is too large, or {@link UnavailableError} if all are together. The rest of the body is
   * read and dropped, because a client does not read the response while it is still sending.
   */
  read(request: IncomingMessage): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      let chunks: Buffer[] = [];
      let size = 0;
      let kept = 0;
      let isRefused = false;
      const release = (): void => {
        this.#total -= kept;
        kept = 0;
        chunks = [];
      };
      const refuse = (error: Error): void => {
        isRefused = true;
        release();
        reject(error);
      };
      request.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (isRefused) return;
        if (size > this.#maxBytes) {
          refuse(new HttpError(413, `the body is larger than ${this.#maxBytes} bytes`));
        } else if (this.#total + chunk.length > this.#maxTotal) {
          refuse(new UnavailableError('too many bodies arrive at the same time; try again'));
        } else {
          chunks.push(chunk);
          kept += chunk.length;
          this.#total += chunk.length;
        }
      });
      request.on('end', () => {
        resolve(Buffer.concat(chunks));
        release();
      });
      request.on('error', () => refuse(new HttpError(400, 'the body was cut short')));
    });
  }
}
