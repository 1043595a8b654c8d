import { pino } from 'pino';
import type { DestinationStream } from 'pino';
import type { RequestSummary } from '@rollcall/proxy';
import { createLogger, standardStream } from '@rollcall/runtime/log';
import type { StandardStream } from '@rollcall/runtime/log';
import { accessEntry, isFailure } from './entry.ts';
import type { AccessLogSettings } from '../settings/config.ts';

/** A stalled reader must not keep the process from ending. */
const FLUSH_MS = 1000;

export interface AccessLog {
  readonly write: (request: RequestSummary) => void;
  close(): Promise<void>;
}

/** Opens an access log that writes each request as a line of JSON. */
export function openAccessLog(
  to: StandardStream,
  settings: Omit<AccessLogSettings, 'to'>,
): AccessLog {
  const destination = standardStream(to);
  // If the process has a log on the same stream already, this is its queue.
  const { queue } = createLogger({
    format: 'json',
    destination,
    fallback: to === 'stdout' ? standardStream('stderr') : undefined,
  });
  return {
    write: accessLogTo({ write: (line) => queue.writeSoon(line) }, settings, Math.random),
    close: () => queue.flush(FLUSH_MS),
  };
}

/** @param random returns a number from 0 to 1, as Math.random does */
export function accessLogTo(
  destination: DestinationStream,
  { sample, includeQuery }: Omit<AccessLogSettings, 'to'>,
  random: () => number,
): AccessLog['write'] {
  // Without process id and host name: a line is about a request.
  const options = { base: null, formatters: { level: (level: string) => ({ level }) } };
  const logger = pino({ ...options, timestamp: pino.stdTimeFunctions.isoTime }, destination);
  return (request) => {
    if (isFailure(request)) logger.error(accessEntry(request, includeQuery));
    else if (random() < sample) logger.info(accessEntry(request, includeQuery));
  };
}
