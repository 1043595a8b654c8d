import { constants, fstatSync, openSync, writeSync } from 'node:fs';
import { isatty } from 'node:tty';
import type { LineDestination } from './line-queue.ts';

export type StandardStream = 'stdout' | 'stderr';

const DESCRIPTORS: Readonly<Record<StandardStream, number>> = { stdout: 1, stderr: 2 };

const opened = new Map<StandardStream, LineDestination>();

/**
 * Returns standard output or error as a place for lines, always the same one. Writing to it neither waits nor throws,
 * whether it is a file, a pipe, a terminal or a socket.
 */
export function standardStream(name: StandardStream): LineDestination {
  const stream = opened.get(name) ?? open(name);
  opened.set(name, stream);
  return stream;
}

function open(name: StandardStream): LineDestination {
  const fd = DESCRIPTORS[name];
  const stat = fstatSync(fd);
  const isTerminal = isatty(fd);
  if (stat.isFile() || (stat.isCharacterDevice() && !isTerminal)) return new Descriptor(fd);
  try {
    const own = new Descriptor(reopened(fd));
    return isTerminal ? new Terminal(own, name) : own;
  } catch {
    // A socket, a pipe of another user, or a system without /proc.
    return process[name];
  }
}

/**
 * Opens a pipe or a terminal once more. Whether writes wait belongs to what was opened, and other processes share that
 * with us: a program that ends would have our writes wait again, and ours would take the waiting from the others.
 */
function reopened(fd: number): number {
  const { O_WRONLY, O_NONBLOCK, O_NOCTTY } = constants;
  return openSync(`/proc/self/fd/${fd}`, O_WRONLY | O_NONBLOCK | O_NOCTTY);
}

/** How long a pipe or a terminal that takes no more is left alone: longer each time, while its reader stalls. */
const FIRST_WAIT_MS = 1;
const MAX_WAIT_MS = 50;

/** A file, or a pipe that does not wait. */
class Descriptor implements LineDestination {
  readonly #fd: number;
  /** Whether only a part of the last line was written, because the disk was full then. */
  #isTorn = false;

  constructor(fd: number) {
    this.#fd = fd;
  }

  write(text: string, done: (error?: Error | null) => void): void {
    this.#write(Buffer.from(this.#isTorn ? `\n${text}` : text), done, FIRST_WAIT_MS);
  }

  #write(bytes: Buffer, done: (error?: Error | null) => void, waitMs: number): void {
    let rest = bytes;
    try {
      while (rest.length > 0) {
        rest = rest.subarray(writeSync(this.#fd, rest));
        this.#isTorn = rest.length > 0;
      }
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'EAGAIN')
        setTimeout(
          () => this.#write(rest, done, Math.min(2 * waitMs, MAX_WAIT_MS)),
          waitMs,
        ).unref();
      else done(error as Error);
      return;
    }
    done();
  }
}

class Terminal implements LineDestination {
  readonly isTTY = true;
  readonly #descriptor: Descriptor;
  readonly #name: StandardStream;

  constructor(descriptor: Descriptor, name: StandardStream) {
    this.#descriptor = descriptor;
    this.#name = name;
  }

  hasColors(): boolean {
    return process[this.#name].hasColors();
  }

  write(text: string, done: (error?: Error | null) => void): void {
    this.#descriptor.write(text, done);
  }
}
