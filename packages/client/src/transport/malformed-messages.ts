import { isDeeperThan, isRecord } from '@rollcall/protocol';
import { readJson } from '@rollcall/protocol/pusher';

/** The part of pusher-js's connection that hands on what came. */
interface Connection {
  emit(event: string, message?: unknown, metadata?: unknown): unknown;
}

/** Announcements are nested 16 deep at most. */
const MAX_DEPTH = 64;

/**
 * Whether a frame, or the data in it, is nested deeper than any message of a registry. pusher-js writes each frame for its log
 * before it looks at it, which fails if that takes more stack than there is.
 */
export function isTooDeep(frame: string): boolean {
  // Hardly any frame has to be parsed twice.
  if ((frame.match(/[[{]/g) ?? []).length <= MAX_DEPTH) return false;
  const message = readJson(frame);
  const { data } = isRecord(message) ? message : {};
  return (
    isDeeperThan(MAX_DEPTH, message) ||
    (typeof data === 'string' && isDeeperThan(MAX_DEPTH, readJson(data)))
  );
}

/** What is used of the protocol's own messages, each with what pusher-js needs its data to be. */
const OWN_MESSAGES: Readonly<Record<string, (data: unknown, channel: string) => boolean>> = {
  'pusher:connection_established': () => true,
  'pusher:error': () => true,
  'pusher:ping': () => true,
  'pusher:pong': () => true,
  'pusher:subscription_error': isFlat,
  'pusher_internal:subscription_succeeded': (data, channel) =>
    !channel.startsWith('presence-') || hasMembers(data),
  'pusher_internal:member_added': isRecord,
  'pusher_internal:member_removed': isRecord,
};

/**
 * Keeps malformed messages away from pusher-js, which throws on them where it cannot be caught, so that a broker could end every
 * program that is connected to it with one frame.
 */
export function dropMalformed(connection: Connection): void {
  const emit = connection.emit.bind(connection);
  connection.emit = (event, message, metadata) =>
    event === 'message' && !isWellFormed(message) ? connection : emit(event, message, metadata);
}

function isWellFormed(message: unknown): boolean {
  const { event, channel = '', data } = isRecord(message) ? message : {};
  if (typeof event !== 'string' || typeof channel !== 'string') return false;
  if (!event.startsWith('pusher:') && !event.startsWith('pusher_internal:')) return true;
  return Object.hasOwn(OWN_MESSAGES, event) && OWN_MESSAGES[event]?.(data, channel) === true;
}

function hasMembers(data: unknown): boolean {
  const { presence } = isRecord(data) ? data : {};
  return isRecord(presence) && typeof presence['hash'] === 'object' && presence['hash'] !== null;
}

/** Whether it can be shown whole: what is nested deep enough cannot. */
function isFlat(data: unknown): boolean {
  return isRecord(data) && Object.values(data).every((each) => typeof each !== 'object');
}
