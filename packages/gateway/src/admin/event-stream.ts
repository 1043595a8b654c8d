import type { Feed } from './feed.ts';

/** Below the minute after which proxies on the way take a silent connection for dead. */
const HEARTBEAT_MS = 15_000;
/** What may wait for a listener that does not read, besides the first event. */
const MOST_WAITING_BYTES = 1024 * 1024;
const MOST_LISTENERS = 100;

/**
 * Server-sent events (HTML §9.2): first `state`, whole, then each happening. One that comes back is told the
 * state again, so that it needs no memory of ours; one that does not keep up is cut off, and comes back.
 *
 * @returns nothing if there are too many listeners
 */
export function eventStream(
  feed: Feed,
  state: () => unknown,
): ReadableStream<Uint8Array> | undefined {
  if (feed.listeners >= MOST_LISTENERS) return undefined;
  const first = encode('state', feed.latest, state());
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
        const stop = feed.listen((each) => send(encode('change', each.id, each)));
        end = () => {
          clearInterval(heartbeat);
          stop();
        };
        send(first);
      },
      cancel: () => end?.(),
    },
    new ByteLengthQueuingStrategy({ highWaterMark: first.byteLength + MOST_WAITING_BYTES }),
  );
}

const HEARTBEAT = new TextEncoder().encode(':\n\n');

/** JSON has no line ends of its own, so that one `data` holds it. */
function encode(event: string, id: number, data: unknown): Uint8Array {
  return new TextEncoder().encode(`event: ${event}\nid: ${id}\ndata: ${JSON.stringify(data)}\n\n`);
}
