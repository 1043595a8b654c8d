import type { ClientStream } from '../../src/exchange/client-stream.ts';
import type { BodyEnd, ResponseHead } from '../../src/message.ts';

/** A client without a network and without a version of HTTP: it keeps what it is sent. */
export class MemoryStream implements ClientStream {
  readonly informational: number[] = [];
  head: ResponseHead | undefined;
  body = '';
  trailers: string | undefined;
  state: 'open' | 'upgraded' | 'done' | 'finished' | 'reset' = 'open';
  isPaused = false;
  /** Whether it asks for time after each write. */
  isSlow = false;
  /** Called after each change. */
  onChange = (): void => {};

  sendInformational({ status }: ResponseHead): boolean {
    this.informational.push(status);
    return this.#changed();
  }

  sendUpgrade(head: ResponseHead): void {
    this.head = head;
    this.state = 'upgraded';
    this.#changed();
  }

  sendHead(
    head: ResponseHead,
    _requestId: string,
    parts: readonly Buffer[],
    end: BodyEnd,
  ): boolean {
    if (this.head !== undefined) throw new Error('two heads');
    this.head = head;
    return this.write(parts, end);
  }

  write(parts: readonly Buffer[], end: BodyEnd): boolean {
    if (this.state !== 'open' && this.state !== 'upgraded')
      throw new Error(`written to when ${this.state}`);
    for (const part of parts) this.body += part.toString('latin1');
    if (end.done) {
      this.trailers = end.trailers;
      this.state = 'done';
    }
    return this.#changed();
  }

  get hasPendingWrites(): boolean {
    return this.isSlow;
  }

  reset(): void {
    this.#end('reset');
  }

  finish(): void {
    this.#end('finished');
  }

  pause(): void {
    this.isPaused = true;
    this.#changed();
  }

  resume(): void {
    this.isPaused = false;
    this.#changed();
  }

  /** The fields of the head, by name. */
  get fields(): Record<string, string> {
    const lines = this.head?.fields.split('\r\n').slice(0, -1) ?? [];
    return Object.fromEntries(
      lines.map((line) => {
        const colon = line.indexOf(':');
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
      }),
    );
  }

  #end(state: 'reset' | 'finished'): void {
    if (this.state === 'reset' || this.state === 'finished')
      throw new Error(`${state} when ${this.state}`);
    this.state = state;
    this.#changed();
  }

  #changed(): boolean {
    this.onChange();
    return !this.isSlow;
  }
}
