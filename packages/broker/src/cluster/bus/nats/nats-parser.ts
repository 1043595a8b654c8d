import { ChunkJoiner } from '../chunk-joiner.ts';
import { ProtocolError } from '../protocol-error.ts';

export interface NatsHandlers {
  onMessage(subject: string, sid: number, message: string): void;
  onInfo(json: string): void;
  onError(reason: string): void;
  onPing(): void;
  onPong(): void;
}

/** INFO of a large cluster names all of its servers. */
const MAX_LINE = 2 ** 20;
const MAX_MESSAGE = 64 * 2 ** 20;
const MSG = /^MSG (\S+) (\d+) (?:\S+ )?(\d+)$/i;
const OTHER = /^(\S+)\s*(.*)$/;

/** Reads what a NATS server sends, from chunks of any size. Throws if it is no NATS. */
export class NatsParser {
  readonly #handlers: NatsHandlers;
  readonly #chunks = new ChunkJoiner();

  constructor(handlers: NatsHandlers) {
    this.#handlers = handlers;
  }

  read(chunk: Buffer): void {
    const data = this.#chunks.add(chunk);
    if (data === undefined) return;
    for (let at = 0; ;) {
      const end = data.indexOf('\r\n', at, 'latin1');
      if (end === -1) {
        if (data.length - at > MAX_LINE)
          throw new ProtocolError('it sends a line that is too long');
        this.#chunks.keep(data.subarray(at), data.length - at + 1);
        return;
      }
      const line = data.toString('utf8', at, end);
      const begin = end + 2;
      const [, subject, sid, length] = MSG.exec(line) ?? [];
      if (subject === undefined) {
        this.#onLine(line);
        at = begin;
        continue;
      }
      const messageEnd = begin + Number(length);
      if (messageEnd - begin > MAX_MESSAGE) {
        throw new ProtocolError('it sends a message that is too long');
      }
      if (data.length < messageEnd + 2) {
        this.#chunks.keep(data.subarray(at), messageEnd + 2 - at);
        return;
      }
      this.#handlers.onMessage(subject, Number(sid), data.toString('utf8', begin, messageEnd));
      at = messageEnd + 2;
    }
  }

  #onLine(line: string): void {
    const [, operation = '', rest = ''] = OTHER.exec(line) ?? [];
    switch (operation.toUpperCase()) {
      case 'PING':
        this.#handlers.onPing();
        return;
      case 'PONG':
        this.#handlers.onPong();
        return;
      case 'INFO':
        this.#handlers.onInfo(rest);
        return;
      case '-ERR':
        this.#handlers.onError(rest.replaceAll("'", ''));
        return;
      case '+OK':
        return;
      default:
        throw new ProtocolError('it does not speak the protocol of NATS');
    }
  }
}
