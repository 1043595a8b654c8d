import { pino } from 'pino';
import type { DestinationStream } from 'pino';
import type { RequestSummary } from '@rollcall/proxy';
import { accessEntry, isFailure } from './entry.ts';
import type { AccessLogSettings } from '../settings/config.ts';

/** What a pipe takes in one piece (PIPE_BUF): more might be cut by what another worker writes. */
const MOST_BYTES = 4096;
/** Lines are written some at a time: with a write for what came in each turn of the event loop, a line took 6.9 us, not 5.3. */
const ENOUGH_BYTES = 2048;
const FLUSHED_EVERY_MS = 250;

export interface AccessLog {
  readonly write: (exchanged: RequestSummary) => void;
  close(): void;
}

/** Writes requests down, one a line, as JSON. */
export function openAccessLog(
  to: 'stdout' | 'stderr',
  settings: Omit<AccessLogSettings, 'to'>,
): AccessLog {
  const dest = to === 'stdout' ? process.stdout.fd : process.stderr.fd;
  const destination = pino.destination({
    dest,
    sync: false,
    minLength: ENOUGH_BYTES,
    maxWrite: MOST_BYTES,
  });
  const timer = setInterval(() => destination.flush(), FLUSHED_EVERY_MS);
  timer.unref();
  return {
    write: accessLogTo(destination, settings, Math.random),
    close() {
      clearInterval(timer);
      destination.flushSync();
    },
  };
}

/** @param random from 0 to 1, as Math.random */
export function accessLogTo(
  destination: DestinationStream,
  { sample, includeQuery }: Omit<AccessLogSettings, 'to'>,
  random: () => number,
): AccessLog['write'] {
  // Nothing of the process or the machine: a line is about a request.
  const options = { base: null, formatters: { level: (level: string) => ({ level }) } };
  const logger = pino({ ...options, timestamp: pino.stdTimeFunctions.isoTime }, destination);
  return (exchanged) => {
    if (isFailure(exchanged)) logger.error(accessEntry(exchanged, includeQuery));
    else if (random() < sample) logger.info(accessEntry(exchanged, includeQuery));
  };
}
