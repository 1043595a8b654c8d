import type { Clock } from '../clock.ts';
import type { ResponseHead } from '../message.ts';
import type { ClientStream } from './client-stream.ts';

/** Shorter than the second that curl waits before it sends its body in any case. */
const CONTINUE_MS = 200;

const CONTINUE: ResponseHead = {
  status: 100,
  statusLine: '100 Continue',
  fields: '',
  length: 0,
  hasDate: false,
  hasRequestId: false,
  namesPaths: false,
  upgrades: false,
};

/**
 * The 100 that a client waits for before it sends its body. An upstream need not send one (RFC 9110 §10.1.1), so the
 * client gets it from here after a while.
 */
export class ExpectedContinue {
  readonly #stream: ClientStream;
  #due = Infinity;
  #isSent = false;

  constructor(stream: ClientStream) {
    this.#stream = stream;
  }

  /** The upstream has the head of the request. */
  expect(clock: Clock): void {
    if (!this.#isSent) this.#due = clock.after(CONTINUE_MS);
  }

  /** It is not waited for any more. */
  cancel(): void {
    this.#due = Infinity;
  }

  check(now: number): void {
    if (now >= this.#due) this.sendInformational(CONTINUE);
  }

  /**
   * Passes a 1xx on, but no second 100.
   * @returns false if the client should be given time to take it
   */
  sendInformational(head: ResponseHead): boolean {
    if (head.status === 100) {
      this.cancel();
      if (this.#isSent) return true;
      this.#isSent = true;
    }
    return this.#stream.sendInformational(head);
  }
}
