import { pino } from 'pino';
import type { DestinationStream } from 'pino';
import type { Exchanged } from '../proxy/engine.ts';
import { accessEntry, isFailure } from './entry.ts';
import type { AccessLogSettings } from './entry.ts';

/** What a pipe takes in one piece (PIPE_BUF): more might be cut by what another worker writes. */
const MOST_BYTES = 4096;

export interface AccessLog {
  readonly write: (exchanged: Exchanged) => void;
  close(): void;
}

/** Writes requests down, one a line, as JSON. */
export function openAccessLog(to: 'stdout' | 'stderr', settings: AccessLogSettings): AccessLog {
  const dest = to === 'stdout' ? process.stdout.fd : process.stderr.fd;
  const destination = pino.destination({ dest, sync: false, maxWrite: MOST_BYTES });
  return {
    write: accessLogTo(destination, settings, Math.random),
    close: () => destination.flushSync(),
  };
}

/** @param random from 0 to 1, as Math.random */
export function accessLogTo(
  destination: DestinationStream,
  { sample = 1, hasQuery = false }: AccessLogSettings,
  random: () => number,
): AccessLog['write'] {
  // Nothing of the process or the machine: a line is about a request.
  const options = { base: null, formatters: { level: (level: string) => ({ level }) } };
  const logger = pino({ ...options, timestamp: pino.stdTimeFunctions.isoTime }, destination);
  return (exchanged) => {
    if (isFailure(exchanged)) logger.error(accessEntry(exchanged, hasQuery));
    else if (random() < sample) logger.info(accessEntry(exchanged, hasQuery));
  };
}
