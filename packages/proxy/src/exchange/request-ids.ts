import { randomBytes } from 'node:crypto';

/** Ids that no other request has, of this gateway or another: a part by chance, and a count. */
export class RequestIds {
  readonly #ours = randomBytes(12).toString('hex');
  #count = 0;

  next(): string {
    return `${this.#ours}-${(++this.#count).toString(36)}`;
  }
}
