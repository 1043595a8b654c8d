import {
  CHANNEL_NAME_RULE,
  isChannelName,
  isEncryptedChannel,
  isServerToUserChannel,
  isSocketId,
  LIMITS,
} from '@rollcall/protocol/pusher';
import { quote } from '@rollcall/protocol';
import type { Publication } from '../app/app.ts';
import { HttpError } from './http-error.ts';
import { parseInfo } from './info.ts';
import type { Info } from './info.ts';

/** An event to publish, and the attributes of its channels that the publisher asks for. */
export interface Trigger {
  readonly publication: Publication;
  readonly info: ReadonlySet<Info>;
}

const TRIGGER_INFO: readonly Info[] = ['user_count', 'subscription_count'];

/** Reads the body of `POST events`. @throws {@link HttpError} 400, 413 */
export function parseTrigger(body: unknown): Trigger {
  const event = record(body, 'the body');
  return parseEvent(event, parseChannels(event['channels'] ?? [event['channel']]));
}

/** Reads the body of `POST batch_events`. @throws {@link HttpError} 400, 413 */
export function parseBatch(body: unknown): Trigger[] {
  const { batch } = record(body, 'the body');
  if (!Array.isArray(batch) || batch.length === 0) {
    throw new HttpError(400, 'batch must be a list of events');
  }
  if (batch.length > LIMITS.eventsPerBatch) {
    throw new HttpError(400, `a batch may have at most ${LIMITS.eventsPerBatch} events`);
  }
  return batch.map((item) => {
    const event = record(item, 'an event of the batch');
    return parseEvent(event, parseChannels([event['channel']]));
  });
}

function parseEvent(event: Record<string, unknown>, channels: readonly string[]): Trigger {
  const { data, socket_id: socketId, info } = event;
  const name = parseName(event['name']);
  if (typeof data !== 'string') {
    throw new HttpError(400, 'data must be a string; encode objects as JSON');
  }
  if (Buffer.byteLength(data) > LIMITS.dataBytes) {
    throw new HttpError(413, `data is larger than ${LIMITS.dataBytes} bytes`);
  }
  const exceptSocketId = socketId ?? undefined;
  if (exceptSocketId !== undefined && !isSocketId(exceptSocketId)) {
    throw new HttpError(400, `socket_id is ${quote(socketId)}; it must be two numbers as in "1.2"`);
  }
  return {
    publication: { name, data, channels, exceptSocketId },
    info: parseInfo(info, TRIGGER_INFO),
  };
}

function parseName(name: unknown): string {
  if (typeof name !== 'string' || name === '' || name.length > LIMITS.eventNameLength) {
    throw new HttpError(400, `name must be 1 to ${LIMITS.eventNameLength} characters`);
  }
  // Clients act on these names: they would take the event for one of the broker's own.
  if (/^pusher(_internal)?:/.test(name)) {
    throw new HttpError(400, 'names that start with "pusher:" or "pusher_internal:" are reserved');
  }
  return name;
}

function parseChannels(channels: unknown): readonly string[] {
  if (!Array.isArray(channels) || channels.length === 0) {
    throw new HttpError(400, 'channels must be a list of channel names');
  }
  if (channels.length > LIMITS.channelsPerTrigger) {
    throw new HttpError(400, `an event may go to at most ${LIMITS.channelsPerTrigger} channels`);
  }
  const names = [...new Set(channels.map(parseDestination))];
  // Each encrypted channel has its own key, so one payload cannot be for two.
  if (names.length > 1 && names.some((name) => isEncryptedChannel(name))) {
    throw new HttpError(400, 'an event for an encrypted channel may go to that channel only');
  }
  return names;
}

/** Reads the name of a channel, or of the channel of a single user. */
function parseDestination(name: unknown): string {
  return isServerToUserChannel(name) ? name : parseChannel(name);
}

/** Reads the name of a channel. @throws {@link HttpError} 400 */
export function parseChannel(name: unknown): string {
  if (isChannelName(name)) return name;
  throw new HttpError(400, `channel is ${quote(name)}; ${CHANNEL_NAME_RULE}`);
}

function record(value: unknown, what: string): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return { ...value };
  }
  throw new HttpError(400, `${what} must be a JSON object`);
}
