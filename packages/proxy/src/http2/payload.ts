import { ERROR, FLAG, FRAME, Http2Error } from './frames.ts';
import type { Frame } from './frame-reader.ts';

const PRIORITY_BYTES = 5;

/**
 * Returns the content of a frame without its padding (RFC 9113 §6.1 and §6.2).
 * @throws Http2Error if it is not whole
 */
export function contentOf({ flags, payload }: Frame): Buffer {
  if ((flags & FLAG.padded) === 0) return payload;
  const padding = payload[0];
  if (padding === undefined) throw new Http2Error(ERROR.frameSize, 'a padded frame is empty');
  if (padding >= payload.length)
    throw new Http2Error(ERROR.protocol, 'the padding is longer than its frame');
  return payload.subarray(1, payload.length - padding);
}

/**
 * Returns the part of a block of fields that HEADERS carry.
 * @throws Http2Error if it is not whole
 */
export function blockOf(frame: Frame): Buffer {
  const content = contentOf(frame);
  if ((frame.flags & FLAG.priority) === 0) return content;
  if (content.length < PRIORITY_BYTES)
    throw new Http2Error(ERROR.frameSize, 'HEADERS are not whole');
  checkDependency(frame.streamId, content);
  return content.subarray(PRIORITY_BYTES);
}

/**
 * Checks a PRIORITY, which has no other effect (RFC 9113 §5.3.2).
 * @throws Http2Error if it is invalid
 */
export function checkPriority({ streamId, payload }: Frame): void {
  if (payload.length !== PRIORITY_BYTES)
    throw new Http2Error(ERROR.frameSize, 'PRIORITY is not whole', streamId);
  checkDependency(streamId, payload);
}

function checkDependency(streamId: number, content: Buffer): void {
  if ((content.readUInt32BE(0) & 0x7fffffff) === streamId)
    throw new Http2Error(ERROR.protocol, 'a stream depends on itself');
}

/**
 * Checks that a frame may stand on its stream, or on the connection (RFC 9113 §6).
 * @throws Http2Error if it may not
 */
export function checkStreamId({ type, streamId }: Frame): void {
  const isOfConnection = OF_CONNECTION.has(type);
  if (type !== FRAME.windowUpdate && isOfConnection !== (streamId === 0))
    throw new Http2Error(ERROR.protocol, `a frame of type ${type} on stream ${streamId}`);
}

const OF_CONNECTION: ReadonlySet<number> = new Set([FRAME.settings, FRAME.ping, FRAME.goAway]);

/** RFC 9113 §6.4, §6.7 and §6.9. @throws Http2Error unless the payload has this size */
export function checkSize({ payload }: Frame, bytes: number): void {
  if (payload.length !== bytes)
    throw new Http2Error(ERROR.frameSize, `a frame of ${payload.length} bytes must have ${bytes}`);
}

/**
 * Returns the increment of a WINDOW_UPDATE (RFC 9113 §6.9).
 * @throws Http2Error if it is none
 */
export function incrementOf(frame: Frame): number {
  checkSize(frame, 4);
  const increment = frame.payload.readUInt32BE(0) & 0x7fffffff;
  if (increment === 0)
    throw new Http2Error(ERROR.protocol, 'a window grows by nothing', frame.streamId);
  return increment;
}
