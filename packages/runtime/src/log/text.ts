import { clockTime } from './clock-time.ts';
import { paint } from './paint.ts';

/** One line of the log, as pino has written it in JSON. */
export interface LogRecord {
  readonly level: string;
  /** ISO 8601. */
  readonly time: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

const STYLES: Readonly<Record<string, 'gray' | 'green' | 'yellow' | 'red'>> = {
  debug: 'gray',
  info: 'green',
  warn: 'yellow',
  error: 'red',
};
const LEVEL_WIDTH = 'error'.length;

/** A line for people, such as: 12:00:01.123 INFO  gateway listens port=1500 */
export function formatText(record: LogRecord, inColour: boolean): string {
  const { level, time, msg, ...fields } = record;
  const label = level.toUpperCase().padEnd(LEVEL_WIDTH);
  const details = Object.entries(fields)
    // An error that is the message is not repeated.
    .filter(([, value]) => errorMessage(value) !== msg)
    .map(([name, value]) => ` ${name}=${fieldText(value)}`);
  return [
    paint('gray', clockTime(Date.parse(time)), inColour),
    paint(STYLES[level] ?? 'gray', label, inColour),
    printable(msg) + paint('gray', details.join(''), inColour),
  ].join(' ');
}

function fieldText(value: unknown): string {
  const text = typeof value === 'string' ? value : (errorMessage(value) ?? JSON.stringify(value));
  return /^[^\s"=\p{Cc}]+$/u.test(text) ? text : printable(JSON.stringify(text));
}

/** The message of an error, as pino has serialized it: its stack is in the JSON log alone. */
function errorMessage(value: unknown): string | undefined {
  const isError = typeof value === 'object' && value !== null && 'stack' in value;
  return isError && 'message' in value ? String(value.message) : undefined;
}

/** With control characters escaped: names come from the channel, and could otherwise steer a terminal. */
function printable(text: string): string {
  return text.replace(
    /\p{Cc}/gu,
    (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}
