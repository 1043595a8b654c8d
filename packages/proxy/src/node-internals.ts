import { Socket } from 'node:net';
import type { OnReadOpts, Server, SocketConstructorOpts } from 'node:net';
import type { Duplex, Writable } from 'node:stream';
import { getSystemErrorName } from 'node:util';

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
  /** What it writes by reference, so that it is not collected meanwhile. */
  chunks?: readonly unknown[];
}

/** Its methods return 0, or the number of an error, after which nothing is written. */
interface Handle {
  writeLatin1String(request: WriteRequest, text: string): number;
  /** @param chunks each followed by its encoding, which for bytes is of no meaning */
  writev(request: WriteRequest, chunks: readonly unknown[], areAllBuffers: boolean): number;
  /** What the next read goes to. */
  useUserBuffer?(buffer: Uint8Array): void;
}

/** Where a socket keeps the option `onread`. */
interface ReadOptions {
  readonly buffer: symbol;
  readonly next: symbol;
  readonly callback: symbol;
}

/** How Node's streams write themselves. */
interface StreamWrap {
  readonly WriteWrap: new () => WriteRequest;
  readonly streamBaseState: Int32Array;
  readonly kLastWriteWasAsync: number;
}

const HANDLE = '_handle';

/** What a server listens with. */
interface ListeningHandle {
  onconnection?: (status: number, handle?: { setNoDelay(enable: boolean): unknown }) => void;
}

interface Internal extends Duplex {
  [HANDLE]?: Handle | null;
  /** Whether it is TLS: what that writes waits for its encryption in any case. */
  readonly encrypted?: boolean;
}

const wrap = streamWrap();
const options = readOptions();
let found: NodeInternals = {
  directWrite: wrap !== undefined && hasDirectWrite(),
  directRead:
    options !== undefined && mentions(Socket, 'options.handle') && mentions(Socket, 'onread'),
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
const pending = new Map<Pick<Writable, 'write'>, number>();
/** Reused for the next write if a handle has written all at once. */
let request = wrap && new wrap.WriteWrap();

/**
 * Writes Latin-1 past the stream, if the stream holds nothing back.
 * @returns as `write` of a stream; undefined if nothing was written, and the stream has to
 */
export function writeDirectly(to: Pick<Writable, 'write'>, text: string): boolean | undefined {
  const socket = to as Internal;
  const handle = directHandle(socket);
  if (handle === undefined || request === undefined) return undefined;
  const error = handle.writeLatin1String(request, text);
  if (error !== 0) return hasFailed(socket, error);
  return hasWritten(socket, request, text.length);
}

/**
 * Writes several at once past the stream, if the stream holds nothing back. Bytes must stay as they are until
 * {@link hasPendingWrite} is false.
 * @returns as `writeDirectly`
 */
export function writeAllDirectly(
  to: Pick<Writable, 'write'>,
  chunks: readonly (string | Buffer)[],
): boolean | undefined {
  const socket = to as Internal;
  const handle = directHandle(socket);
  if (handle === undefined || request === undefined) return undefined;
  const encoded: unknown[] = [];
  let length = 0;
  for (const chunk of chunks) {
    encoded.push(chunk, 'latin1');
    length += chunk.length;
  }
  const error = handle.writev(request, encoded, false);
  if (error !== 0) return hasFailed(socket, error);
  const used = request;
  if (hasWritten(socket, used, length)) return true;
  used.chunks = encoded;
  return false;
}

/** The handle of a socket that can be written to past its stream now. */
function directHandle(socket: Internal): Handle | undefined {
  if (!found.directWrite || socket.writableLength !== 0 || socket.writableEnded) return undefined;
  // With a write that is under way, the order would still be right. But there is one entry for what is pending.
  if (socket.encrypted === true || pending.has(socket)) return undefined;
  return socket[HANDLE] ?? undefined;
}

/** Notes what was given to a handle, unless it has written all at once. */
function hasWritten(socket: Internal, used: WriteRequest, length: number): boolean {
  if (wrap === undefined || wrap.streamBaseState[wrap.kLastWriteWasAsync] === 0) return true;
  used.oncomplete = (error) => {
    pending.delete(socket);
    if (error === 0) socket.emit('drain');
    else if (hasFailed(socket, error) === undefined) socket.destroy();
  };
  pending.set(socket, length);
  request = new wrap.WriteWrap();
  return false;
}

/** Sockets that are read to their end though no more can be written, and those of which a write has found a reset. */
const readToEnd = new WeakSet<object>();
const reset = new WeakSet<object>();

/**
 * Has a connection that its peer has broken off read to its end, though no more can be written: a server that refuses a
 * request may answer and close before it has read the body. What is written meanwhile is dropped.
 */
export function readThoughUnwritable(socket: Socket): void {
  readToEnd.add(socket);
}

/** Ends what `readThoughUnwritable` has begun: one that cannot be written to is closed at once. */
export function closeWhenUnwritable(socket: Socket): void {
  readToEnd.delete(socket);
}

/** Whether a direct write has found the connection reset. Reading then finds an end, as if it were a clean one. */
export function isKnownReset(socket: Socket): boolean {
  return reset.has(socket);
}

/** @returns false if reading is to find the same; undefined if the stream is, by writing once more */
function hasFailed(socket: Internal, error: number): false | undefined {
  const name = getSystemErrorName(error);
  if (!readToEnd.has(socket) || (name !== 'EPIPE' && name !== 'ECONNRESET')) return undefined;
  if (name === 'ECONNRESET') reset.add(socket);
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
 * Has a server that listens pass the handles of its connections on, before it makes sockets of them: Node has `onread` for
 * sockets that connect, and not for sockets that a server accepts. The server counts none of them. Where this cannot be
 * had, it emits `connection` as ever.
 */
export function passHandles(server: Server, onHandle: (handle: object) => void): void {
  const listening = Reflect.get(server, HANDLE) as ListeningHandle | null | undefined;
  if (!found.directRead || typeof listening?.onconnection !== 'function') return;
  listening.onconnection = (status, handle) => {
    // One that cannot be accepted, for lack of descriptors, is no reason to end.
    if (status !== 0 || handle === undefined) return;
    handle.setNoDelay(true);
    onHandle(handle);
  };
}

/**
 * Has a secure socket that a server has accepted pass its bytes to a function, as if it had been made with this option: Node
 * has it for sockets that connect. Saves 1.5 of 22 µs a request.
 * @returns false if this cannot be had, and the stream has to be read
 */
export function passBytes(socket: Duplex, onread: OnReadOpts): boolean {
  const { buffer } = onread;
  const { [HANDLE]: handle, encrypted } = socket as Internal;
  if (!found.directRead || options === undefined || encrypted !== true) return false;
  if (socket.readableLength > 0) return false;
  if (typeof buffer !== 'function' || typeof handle?.useUserBuffer !== 'function') return false;
  const first = buffer();
  Object.assign(socket, {
    [options.buffer]: first,
    [options.next]: buffer,
    [options.callback]: onread.callback.bind(onread),
  });
  handle.useUserBuffer(first);
  return true;
}

/** The options of a socket with a handle that `passHandles` has passed on. */
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

function readOptions(): ReadOptions | undefined {
  const symbols = Object.getOwnPropertySymbols(new Socket());
  const [buffer, next, callback] = ['kBuffer', 'kBufferGen', 'kBufferCb'].map((name) =>
    symbols.find(({ description }) => description === name),
  );
  if (buffer === undefined || next === undefined || callback === undefined) return undefined;
  return { buffer, next, callback };
}

function hasDirectWrite(): boolean {
  const { TCP } = (binding('tcp_wrap') ?? {}) as { TCP?: { prototype?: Partial<Handle> } };
  const { writeLatin1String, writev } = TCP?.prototype ?? {};
  return typeof writeLatin1String === 'function' && typeof writev === 'function';
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
