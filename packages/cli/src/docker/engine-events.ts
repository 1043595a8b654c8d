import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { isRecord } from '@rollcall/protocol';
import { isContainerId } from './container.ts';

/** Something that happened to a container. */
export interface EngineEvent {
  readonly id: string;
  /** Such as `start`, `die` or `health_status`. */
  readonly action: string;
  /** Of `kill`: the signal, as a number or a name. */
  readonly signal?: string;
}

/** An event has the labels of its container. Of one with more, changes show when everything is read again. */
const MAX_LINE_LENGTH = 1024 * 1024;

/**
 * Reads the events of a stream, one a line. Lines that are no events of containers, or too long, are left out.
 * @throws Error if the stream breaks
 */
export async function* readEvents(stream: Readable): AsyncGenerator<EngineEvent> {
  const decoder = new StringDecoder();
  let rest = '';
  let isTooLong = false;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    const lines = (rest + decoder.write(chunk)).split('\n');
    rest = lines.pop() ?? '';
    if (isTooLong && lines.length > 0) {
      lines.shift();
      isTooLong = false;
    }
    if (isTooLong || rest.length > MAX_LINE_LENGTH) {
      rest = '';
      isTooLong = true;
    }
    for (const line of lines) {
      const event = parseEvent(line);
      if (event !== undefined) yield event;
    }
  }
}

function parseEvent(line: string): EngineEvent | undefined {
  let event: unknown;
  try {
    event = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (!isRecord(event) || typeof event['Action'] !== 'string') return undefined;
  const { ID: actor, Attributes: attributes } = isRecord(event['Actor']) ? event['Actor'] : {};
  const facts = isRecord(attributes) ? attributes : {};
  const id = event['Type'] === 'network' ? facts['container'] : actor;
  if (!isContainerId(id)) return undefined;
  // Such as `health_status: healthy`.
  const action = event['Action'].replace(/:.*/s, '');
  const { signal } = facts;
  return { id, action, ...(typeof signal === 'string' && { signal }) };
}
