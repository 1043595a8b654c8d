import { ERROR, FLAG, FRAME, frame, Http2Error, MAX_WINDOW, uint32 } from './frames.ts';

/** RFC 9113 §6.5.2 and RFC 8441 §3. */
export const SETTING = {
  enablePush: 2,
  maxConcurrentStreams: 3,
  initialWindowSize: 4,
  maxFrameSize: 5,
  maxHeaderListSize: 6,
  enableConnectProtocol: 8,
} as const;

const ENTRY_BYTES = 6;
const MAX_FRAME_SIZE = 2 ** 24 - 1;

/** @param settings pairs of an identifier and its value */
function settingsFrame(settings: readonly (readonly [number, number])[]): string {
  const payload = settings.map(([id, value]) => String.fromCharCode(id >> 8, id) + uint32(value));
  return frame(FRAME.settings, 0, 0, payload.join(''));
}

/** What a client may do with a server. */
export interface ServerSettings {
  /** Streams that it may have open at a time. */
  readonly streams: number;
  /** Bytes of a list of fields. */
  readonly headBytes: number;
  /** Bytes that it may send on a stream before it is let send more. */
  readonly windowBytes: number;
}

/** Returns the SETTINGS of a server, with which it begins (RFC 9113 §3.4). */
export function serverPreface({ streams, headBytes, windowBytes }: ServerSettings): string {
  return settingsFrame([
    [SETTING.maxConcurrentStreams, Math.min(streams, MAX_WINDOW)],
    [SETTING.initialWindowSize, windowBytes],
    [SETTING.maxHeaderListSize, Math.min(headBytes, MAX_WINDOW)],
    [SETTING.enableConnectProtocol, 1],
  ]);
}

export function settingsAckFrame(): string {
  return frame(FRAME.settings, FLAG.ack, 0, '');
}

/**
 * Returns what a peer's SETTINGS say; of several values of one, the last.
 * @throws Http2Error if a value is invalid
 */
export function parseSettings(payload: Buffer): ReadonlyMap<number, number> {
  if (payload.length % ENTRY_BYTES !== 0)
    throw new Http2Error(ERROR.frameSize, 'SETTINGS are not whole');
  const settings = new Map<number, number>();
  for (let at = 0; at < payload.length; at += ENTRY_BYTES) {
    const id = payload.readUInt16BE(at);
    const value = payload.readUInt32BE(at + 2);
    check(id, value);
    settings.set(id, value);
  }
  return settings;
}

function check(id: number, value: number): void {
  if (id === SETTING.initialWindowSize && value > MAX_WINDOW)
    throw new Http2Error(ERROR.flowControl, 'the initial window is too large');
  const isBad =
    (id === SETTING.enablePush && value > 1) ||
    (id === SETTING.maxFrameSize && (value < 2 ** 14 || value > MAX_FRAME_SIZE));
  if (isBad) throw new Http2Error(ERROR.protocol, `the setting ${id} cannot be ${value}`);
}
