import { withIsoTimes } from '@rollcall/runtime';
import type { EventLog } from './event-log.ts';

/** Proxies on the way often close a connection that is silent for a minute. */
const HEARTBEAT_MS = 15_000;
/** How much may be buffered for a listener that does not read, besides the first event. */
const MAX_BUFFERED_BYTES = 1024 * 1024;
const MAX_LISTENERS = 100;

/**
 * Streams server-sent events (HTML §9.2): first the whole `state`, then a `change` for each event. A listener that
 * reconnects gets the state again, so the gateway keeps nothing for it. A listener that does not keep up is
 * disconnected.
 *
 * @returns undefined if there are too many listeners
 */
export function eventStream(
  log: EventLog,
  state: () => unknown,
): ReadableStream<Uint8Array> | undefined {
  if (log.listeners >= MAX_LISTENERS) return undefined;
  const first = encode('state', log.lastId, state());
  let end: (() => void) | undefined;
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        function send(bytes: Uint8Array): void {
          if ((controller.desiredSize ?? 0) > 0) {
            controller.enqueue(bytes);
            return;
          }
          end?.();
          controller.error(new Error('the listener does not keep up'));
        }
        const heartbeat = setInterval(() => send(HEARTBEAT), HEARTBEAT_MS);
        const stop = log.listen((each) => send(encode('change', each.id, each)));
        end = () => {
          clearInterval(heartbeat);
          stop();
        };
        send(first);
      },
      cancel: () => end?.(),
    },
    new ByteLengthQueuingStrategy({ highWaterMark: first.byteLength + MAX_BUFFERED_BYTES }),
  );
}

const HEARTBEAT = new TextEncoder().encode(':\n\n');

/** JSON.stringify writes no line breaks, so one `data` line is enough. */
function encode(event: string, id: number, data: unknown): Uint8Array {
  return new TextEncoder().encode(
    `event: ${event}\nid: ${id}\ndata: ${JSON.stringify(withIsoTimes(data))}\n\n`,
  );
}
