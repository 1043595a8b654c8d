import {
  createLogger,
  formatText,
  isInColour,
  lineReports,
  LineQueue,
  paint,
} from '@rollcall/runtime/log';
import type {
  LineDestination,
  LogFields,
  LogFormat,
  LogLevel,
  LogRecord,
} from '@rollcall/runtime/log';

const COLOURS = ['cyan', 'magenta', 'yellow', 'green', 'blue', 'red'] as const;
const NAME_WIDTH = 8;

/** One log for all programs of a system, each line with the name of its program. */
export class SystemLog {
  readonly format: LogFormat;
  readonly #queue: LineQueue;
  readonly #inColour: boolean;
  /** In the order of their first line. */
  readonly #programs: string[] = [];

  /** @param fallback where it says that lines cannot be written */
  constructor(
    destination: LineDestination,
    format: LogFormat | undefined,
    fallback?: LineDestination,
  ) {
    this.format = format ?? (destination.isTTY === true ? 'text' : 'json');
    this.#inColour = isInColour(destination);
    this.#queue = LineQueue.of(
      destination,
      lineReports(
        (fields, message) => this.write('warn', message, fields),
        fallback && (() => createLogger({ format: this.format, destination: fallback })),
      ),
    );
  }

  /** Writes a line that a program has printed, which is best one in JSON. */
  relay(program: string, line: string): void {
    this.#write(program, recordOf(line));
  }

  /** Writes text for people as it is. */
  print(text: string): void {
    this.#queue.write(`${text}\n`);
  }

  /** Writes a line of `rollcall up` itself. */
  write(level: LogLevel, message: string, fields: LogFields = {}): void {
    this.#write('rollcall', { level, time: now(), ...fields, msg: message });
  }

  error(...given: [message: string] | [fields: LogFields, message: string]): void {
    const [fields, message] = given.length === 1 ? [{}, given[0]] : given;
    this.write('error', message, fields);
  }

  /** Resolves when every line is written, or cannot be, or after that many milliseconds. */
  flush(withinMs: number): Promise<void> {
    return this.#queue.flush(withinMs);
  }

  #write(program: string, record: LogRecord): void {
    const line =
      this.format === 'json'
        ? JSON.stringify({ ...record, program })
        : `${this.#paint(program)} | ${formatText(record, this.#inColour)}`;
    this.#queue.write(`${line}\n`);
  }

  #paint(program: string): string {
    if (!this.#programs.includes(program)) this.#programs.push(program);
    const name = program.padEnd(NAME_WIDTH);
    const colour = COLOURS[this.#programs.indexOf(program) % COLOURS.length];
    return colour === undefined ? name : paint(colour, name, this.#inColour);
  }
}

/** A line of a Rollcall program is a record already; any other is the message of one. */
function recordOf(line: string): LogRecord {
  try {
    const { level, time, msg = '', ...fields } = JSON.parse(line) as Partial<LogRecord>;
    if (typeof level === 'string' && typeof time === 'string')
      return { level, time, ...fields, msg };
  } catch {
    // It is text.
  }
  return { level: 'info', time: now(), msg: line };
}

function now(): string {
  return new Date().toISOString();
}
