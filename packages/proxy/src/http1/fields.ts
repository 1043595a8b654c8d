import { FIELD, fieldKind, isFieldName } from './field-kind.ts';
import { isBlank, valueBetween } from './syntax.ts';
import { unaliased } from './underscores.ts';
import type { Underscores } from './underscores.ts';

export const MAX_FIELDS = 100;

/** The length of a message without a Content-Length, and of one with an invalid or more than one. */
export const NO_LENGTH = -1;
export const BAD_LENGTH = -2;

/** What a block of header fields says to a proxy, and which of its lines are passed on. */
export class Fields {
  /** The lines to pass on, as they came. */
  kept = '';
  /** The lines that say where a request came from. */
  forwardedFields = '';
  count = 0;
  hosts = 0;
  host = '';
  contentLength: number = NO_LENGTH;
  // In lower case; several fields of one name are joined as a list (RFC 9110 §5.3).
  /** Undefined if there is none: an empty one counts. */
  transferEncoding: string | undefined;
  upgrade = '';
  expect = '';
  te = '';
  via = '';
  traceparent = '';
  keepAlive = '';
  hasDate = false;
  hasRequestId = false;
  closes = false;
  hasUpgradeOption = false;
  /** Whether the connection is to stay open: HTTP/1.0 says so. */
  keepsAlive = false;
  /** Whether a field names a path or URL of the instance. */
  namesPaths = false;
  /** Names of fields that belong to the connection, lower case. */
  readonly named: string[] = [];

  /** Notes a field that is not ordinary. Returns whether it is passed on. */
  note(kind: number, value: string, isRequest: boolean): boolean {
    switch (kind) {
      case FIELD.host:
        this.hosts++;
        this.host = value;
        return true;
      case FIELD.contentLength:
        this.contentLength = this.contentLength === NO_LENGTH ? lengthOf(value) : BAD_LENGTH;
        return true;
      case FIELD.transferEncoding:
        this.transferEncoding =
          this.transferEncoding === undefined
            ? value.toLowerCase()
            : `${this.transferEncoding}, ${value.toLowerCase()}`;
        return false;
      case FIELD.connection:
        this.#noteConnection(value);
        return false;
      case FIELD.upgrade:
        this.upgrade = joined(this.upgrade, value.toLowerCase());
        return false;
      case FIELD.te:
        this.te = joined(this.te, value.toLowerCase());
        return false;
      case FIELD.keepAlive:
        this.keepAlive = value;
        return false;
      case FIELD.via:
        this.via = joined(this.via, value);
        return true;
      case FIELD.traceparent:
        this.traceparent = joined(this.traceparent, value);
        return true;
      case FIELD.date:
        this.hasDate = true;
        return true;
      case FIELD.requestId:
        this.hasRequestId = true;
        return !isRequest;
      case FIELD.expect:
        this.expect = joined(this.expect, value.toLowerCase());
        return !isRequest;
      case FIELD.forwarded:
      case FIELD.proxy:
        return !isRequest;
      case FIELD.path:
        this.namesPaths = true;
        return true;
      default:
        return false;
    }
  }

  #noteConnection(value: string): void {
    // What most send, and the default.
    if (value === 'keep-alive') {
      this.keepsAlive = true;
      return;
    }
    for (const each of value.toLowerCase().split(',')) {
      const option = each.trim();
      if (option === 'close') this.closes = true;
      else if (option === 'keep-alive') this.keepsAlive = true;
      else if (option === 'upgrade') this.hasUpgradeOption = true;
      else if (option !== '' && !NOT_TO_NAME.has(option)) this.named.push(option);
    }
  }
}

/** `Connection` cannot remove what every message needs. */
const NOT_TO_NAME: ReadonlySet<string> = new Set(['host', 'content-length']);

// No sign, no list; and 15 digits are what a number holds exactly.
const LENGTH = /^[0-9]{1,15}$/;

function lengthOf(value: string): number {
  return LENGTH.test(value) ? Number(value) : BAD_LENGTH;
}

function joined(list: string, value: string): string {
  return list === '' ? value : `${list}, ${value}`;
}

/**
 * Reads lines of fields in one pass, the first at `start`. The lines between two that are dropped are copied in one
 * piece.
 *
 * @param head has passed the expression FIELDS from there on
 * @param underscores default: aliases are passed on
 */
export function scanFields(
  head: string,
  start: number,
  isRequest: boolean,
  underscores?: Underscores,
): Fields {
  const fields = new Fields();
  const dropsAliases = underscores?.isAllowed === false;
  let underscore = dropsAliases ? head.indexOf('_', start) : -1;
  let dot = dropsAliases ? head.indexOf('.', start) : -1;
  let kept = start;
  for (let at = start; at < head.length;) {
    const colon = head.indexOf(':', at);
    const end = head.indexOf('\r\n', colon);
    const kind = fieldKind(head, at, colon - at);
    let passes = true;
    if (kind !== FIELD.ordinary) {
      const value = valueBetween(head, colon + 1, end);
      passes = fields.note(kind, value, isRequest);
      // Blank by RFC 9110 §5.6.3, but to llhttp part of a length.
      if (passes && isBlank(head.charCodeAt(end - 1))) {
        fields.kept += `${head.slice(kept, colon)}: ${value}\r\n`;
        kept = end + 2;
      }
    } else if (dropsAliases) {
      if (underscore !== -1 && underscore < at) underscore = head.indexOf('_', at);
      if (dot !== -1 && dot < at) dot = head.indexOf('.', at);
      const hasUnderscore = underscore !== -1 && underscore < colon;
      passes = !hasUnderscore && !(dot !== -1 && dot < colon && isDotted(head.slice(at, colon)));
      if (!passes) underscores.drop();
    }
    if (!passes) {
      if (kind === FIELD.forwarded || kind === FIELD.requestId)
        fields.forwardedFields += head.slice(at, end + 2);
      fields.kept += head.slice(kept, at);
      kept = end + 2;
    }
    fields.count++;
    at = end + 2;
  }
  fields.kept += head.slice(kept);
  if (fields.named.length > 0) fields.kept = without(fields.kept, fields.named);
  return fields;
}

/** Whether this is the name of a field that is not ordinary, with a `.` for a `-`. */
function isDotted(name: string): boolean {
  return fieldKind(unaliased(name), 0, name.length) !== FIELD.ordinary;
}

/**
 * Returns the values of the fields of this name, joined as a list (RFC 9110 §5.3); undefined if there are none.
 * @param name in lower case
 */
export function fieldValue(lines: string, name: string): string | undefined {
  let found: string | undefined;
  for (let at = 0; at < lines.length;) {
    const colon = lines.indexOf(':', at);
    const end = lines.indexOf('\r\n', colon);
    if (colon - at === name.length && isFieldName(lines, at, name)) {
      const value = valueBetween(lines, colon + 1, end);
      found = found === undefined ? value : `${found}, ${value}`;
    }
    at = end + 2;
  }
  return found;
}

/** Returns the lines whose names are not among these, which are in lower case. */
export function without(lines: string, names: readonly string[]): string {
  return selected(lines, (name) => !names.includes(name));
}

/** Returns the lines whose names are among these, which are in lower case. */
export function only(lines: string, names: readonly string[]): string {
  return selected(lines, (name) => names.includes(name));
}

function selected(lines: string, isWanted: (name: string) => boolean): string {
  return lines
    .split(/(?<=\r\n)/)
    .filter((line) => isWanted(line.slice(0, line.indexOf(':')).toLowerCase()))
    .join('');
}

/**
 * Returns the lines of trailers to pass on (RFC 9110 §6.5.1): none that says how a message is framed, where it
 * goes or who sends it, because a recipient that merges them into the head would believe it.
 */
export function passedTrailers(
  lines: string,
  isRequest: boolean,
  underscores?: Underscores,
): string {
  if (lines === '') return '';
  return without(scanFields(lines, 0, isRequest, underscores).kept, NO_TRAILERS);
}

const NO_TRAILERS = ['host', 'content-length', 'authorization', 'cookie', 'set-cookie', 'via'];
