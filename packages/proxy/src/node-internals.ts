import { Socket } from 'node:net';
import type { OnReadOpts, SocketConstructorOpts } from 'node:net';
import type { Duplex, Writable } from 'node:stream';

/**
 * What this package uses of Node without its documentation. Each is looked for when the package is loaded; what a
 * version of Node does not have, the documented way replaces, which is slower but serves the same.
 */
export interface NodeInternals {
  /** Short text is written past the bookkeeping of streams: saves 1.2 of 19 µs a request. */
  readonly directWrite: boolean;
  /** Clients' sockets read into a buffer that they share: saves 2 of 19 µs a request. */
  readonly directRead: boolean;
  /**
   * A response is broken off by a reset at once. Otherwise a FIN goes first: a client by HTTP/1.0, which has neither a
   * length nor chunks, cannot tell then that the response is incomplete.
   */
  readonly immediateReset: boolean;
}

/** Notified by a handle when it has written what the system did not take at once. */
interface WriteRequest {
  oncomplete?: (error: number) => void;
}

interface Handle {
  /** @returns 0, or the number of an error, after which nothing is written */
  writeLatin1String(request: WriteRequest, text: string): number;
}

/** How Node's streams write themselves. */
interface StreamWrap {
  readonly WriteWrap: new () => WriteRequest;
  readonly streamBaseState: Int32Array;
  readonly kLastWriteWasAsync: number;
}

const HANDLE = '_handle';

interface Internal extends Duplex {
  [HANDLE]?: Handle | null;
  /** Whether it is TLS: what that writes waits for its encryption in any case. */
  readonly encrypted?: boolean;
}

const wrap = streamWrap();
let found: NodeInternals = {
  directWrite: wrap !== undefined && hasDirectWrite(),
  directRead: mentions(Socket, 'options.handle') && mentions(Socket, 'onread'),
  immediateReset: mentions(Reflect.get(Socket.prototype, '_destroy'), 'this.resetAndClosing'),
};

/** Returns what was found of {@link NodeInternals} in this version of Node. */
export function nodeInternals(): NodeInternals {
  return found;
}

/** Leaves them all alone from here on: for tests of the documented way. */
export function turnOffNodeInternals(): void {
  found = { directWrite: false, directRead: false, immediateReset: false };
}

/** Sockets whose handle has not written all yet, and how much it was given. */
const pending = new WeakMap<Pick<Writable, 'write'>, number>();
/** Reused for the next write if a handle has written all at once. */
let request = wrap && new wrap.WriteWrap();

/**
 * Writes Latin-1 past the stream, if the stream holds nothing back.
 * @returns as `write` of a stream; undefined if nothing was written, and the stream has to
 */
export function writeDirectly(to: Pick<Writable, 'write'>, text: string): boolean | undefined {
  const socket = to as Internal;
  const handle = socket[HANDLE];
  if (!found.directWrite || wrap === undefined || request === undefined || !handle)
    return undefined;
  if (socket.writableLength !== 0 || socket.writableEnded || socket.encrypted === true)
    return undefined;
  // After an error the stream meets the same, and reports it as any.
  if (handle.writeLatin1String(request, text) !== 0) return undefined;
  if (wrap.streamBaseState[wrap.kLastWriteWasAsync] === 0) return true;
  request.oncomplete = (error) => {
    pending.delete(to);
    if (error === 0) socket.emit('drain');
    else socket.destroy();
  };
  pending.set(to, text.length);
  request = new wrap.WriteWrap();
  return false;
}

/** Whether the last direct write is not complete: `drain` follows. */
export function hasPendingWrite(to: Pick<Writable, 'write'>): boolean {
  return pending.has(to);
}

/** Bytes that were written to a socket, or past it, and that the system has not taken yet. */
export function pendingBytes(to: Pick<Writable, 'write' | 'writableLength'>): number {
  return to.writableLength + (pending.get(to) ?? 0);
}

/**
 * Moves the connection of an accepted socket, which is paused and was not read from, to a new one with `onread`: Node
 * has that option for sockets that connect, and not for sockets that a server accepts.
 *
 * @returns undefined if the socket has to be read as it is
 */
export function takeHandle(accepted: Socket): object | undefined {
  const inner = accepted as unknown as Record<typeof HANDLE, object | null | undefined>;
  const handle = inner[HANDLE];
  if (!found.directRead || handle === undefined || handle === null) return undefined;
  inner[HANDLE] = null;
  // The server does not count it any more: the proxy counts its connections itself.
  accepted.destroy();
  return handle;
}

/** The options of a socket with a handle that `takeHandle` has returned. */
export function optionsWith(handle: object, onread: OnReadOpts): SocketConstructorOpts {
  return { handle, allowHalfOpen: true, onread } as SocketConstructorOpts;
}

/** Makes the `destroy` that follows a reset. */
export function resetOnDestroy(socket: Duplex): void {
  // The documented `resetAndDestroy` waits until all is written, and sends a FIN first. Once a FIN is on its way, the
  // system refuses a reset. So what it sets is set here.
  if (found.immediateReset) Object.assign(socket, { resetAndClosing: true });
  else if (socket instanceof Socket) socket.resetAndDestroy();
}

/** In every version of Node that there is, unless its permissions are restricted. */
function streamWrap(): StreamWrap | undefined {
  const made = binding('stream_wrap') as Partial<StreamWrap> | undefined;
  const { WriteWrap, streamBaseState, kLastWriteWasAsync } = made ?? {};
  const isKnown =
    typeof WriteWrap === 'function' &&
    streamBaseState instanceof Int32Array &&
    typeof kLastWriteWasAsync === 'number';
  return isKnown ? { WriteWrap, streamBaseState, kLastWriteWasAsync } : undefined;
}

function hasDirectWrite(): boolean {
  const { TCP } = (binding('tcp_wrap') ?? {}) as { TCP?: { prototype?: Partial<Handle> } };
  return typeof TCP?.prototype?.writeLatin1String === 'function';
}

function binding(name: string): unknown {
  const { binding: bind } = process as { binding?: (name: string) => unknown };
  try {
    return bind?.(name);
  } catch {
    return undefined;
  }
}

/** Whether the source of a function of Node has these words. */
function mentions(of: unknown, words: string): boolean {
  return String(of).includes(words);
}
