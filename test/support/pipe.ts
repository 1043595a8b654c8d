import { spawnSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A pipe of the system, as in `program | reader`. What Node gives its children are sockets. */
export class Pipe {
  /** For a program to write to, until `begun` closes it here. */
  readonly writer: number;
  readonly #reader: number;
  #socket: Socket | undefined;
  text = '';

  constructor() {
    const folder = mkdtempSync(join(tmpdir(), 'rollcall-pipe-'));
    const path = join(folder, 'pipe');
    spawnSync('mkfifo', [path]);
    this.#reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    this.writer = openSync(path, constants.O_WRONLY);
    rmSync(folder, { recursive: true });
  }

  /** The program has its end now. */
  begun(): void {
    closeSync(this.writer);
  }

  /** From now on, all is read. */
  read(): void {
    this.#socket = new Socket({ fd: this.#reader, writable: false });
    this.#socket.on('data', (bytes: Buffer) => (this.text += bytes.toString()));
  }

  /** The reader goes. */
  close(): void {
    if (this.#socket === undefined) closeSync(this.#reader);
    else this.#socket.destroy();
  }
}
