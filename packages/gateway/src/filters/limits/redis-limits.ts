import { errorMessage } from '@rollcall/runtime';
import { fits, takenAt } from './rate.ts';
import type { Rate, Taken } from './rate.ts';

/** Takes a request from a limit that several gateways share. Rejects if the store does not answer in time. */
export interface SharedLimits {
  /** Connects, so that the first request need not wait for it. */
  open(): void;
  take(key: string, rate: Rate): Promise<Taken>;
  close(): void;
}

/** A request must not wait for longer. */
const TIMEOUT_MS = 250;
const OPEN_MS = 1000;
const MAX_RECONNECT_MS = 1000;

/**
 * The algorithm of LocalLimits, in one round trip and by the clock of Redis, so that those of the gateways do not matter. It
 * keeps the rate beside the time, because the rate may change. Returns the level before the request, as text because Redis
 * cuts numbers to integers.
 */
const SCRIPT = `
local t = redis.call('TIME')
local now = t[1] * 1000 + t[2] / 1000
local own = ARGV[1] .. ' ' .. ARGV[2]
local time, rate = string.match(redis.call('GET', KEYS[1]) or '', '^(%S+) (.+)$')
local level = math.max(0, (tonumber(time) or 0) - now)
local isOther = level > 0 and rate ~= own
if isOther then
  level = math.min(level / string.match(rate, '^%S+') * ARGV[1], tonumber(ARGV[2]))
end
local isAllowed = level + ARGV[1] <= ARGV[2] + 0.001
if isAllowed or isOther then
  local after = isAllowed and level + ARGV[1] or level
  redis.call('SET', KEYS[1], string.format('%.3f', now + after) .. ' ' .. own, 'PX', math.ceil(after))
end
return string.format('%.3f', level)
`;

/** Limits in Redis. While it is away, the client goes on trying to connect. */
export function redisLimits(url: string, onFault: (reason: string) => void): SharedLimits {
  let opening: ReturnType<typeof open> | undefined;
  const opened = (): ReturnType<typeof open> => (opening ??= open(url, onFault));
  return {
    open: () => void opened(),
    async take(key, rate) {
      const { intervalMs, burst } = rate;
      const client = await opened();
      const id = `rollcall:limit:${key}`;
      const level = Number(
        await inTime(client.takeRequest(id, intervalMs, intervalMs * burst), TIMEOUT_MS),
      );
      const isAllowed = fits(level, rate);
      return takenAt(isAllowed ? level + intervalMs : level, isAllowed, rate);
    },
    close() {
      void opening?.then((client) => client.destroy());
    },
  };
}

/** Resolves when there is a connection, or after a second without: then commands fail until there is one. */
async function open(url: string, onFault: (reason: string) => void) {
  const { createClient, defineScript } = await import('@redis/client');
  const client = createClient({
    url,
    // A request that waits for a reconnection would wait for too long.
    disableOfflineQueue: true,
    socket: {
      connectTimeout: 2000,
      reconnectStrategy: (attempts) => Math.min(50 * 2 ** Math.min(attempts, 10), MAX_RECONNECT_MS),
    },
    scripts: {
      takeRequest: defineScript({
        SCRIPT,
        NUMBER_OF_KEYS: 1,
        parseCommand(parser, key: string, intervalMs: number, maxMs: number) {
          parser.pushKey(key);
          parser.push(String(intervalMs), String(maxMs));
        },
        transformReply: (reply: unknown) => String(reply),
      }),
    },
  });
  client.on('error', (error: unknown) => onFault(`Redis: ${errorMessage(error)}`));
  await inTime(client.connect(), OPEN_MS).catch(() => {});
  return client;
}

function inTime<T>(promise: Promise<T>, timeoutMs: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('Redis does not answer in time')), timeoutMs);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
