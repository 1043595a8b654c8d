import { isRecord } from '@rollcall/protocol';

/** A number of payloads of one node to one subject. They are numbered in a row. */
export interface DataMessage {
  readonly type: 'data';
  readonly node: string;
  /** The number of the first payload. */
  readonly first: number;
  /** `null` is a payload that was withdrawn. */
  readonly payloads: readonly unknown[];
  /** Said again for a node that lacks it. Others may never have wanted it. */
  readonly isRepeat: boolean;
}

/** A node lives. It says how far its numbers are, so that others notice what they lack. */
export interface AliveMessage {
  readonly type: 'alive';
  readonly node: string;
  /** The number of the last payload to each subject that was used in the last 120 beats. */
  readonly last: Readonly<Record<string, number>>;
}

/** A node lacks payloads of another: numbers `from` to `to`. */
export interface AskMessage {
  readonly type: 'ask';
  readonly node: string;
  readonly of: string;
  readonly subject: string;
  readonly from: number;
  readonly to: number;
}

/** A node does not keep payloads with numbers below `before` any more. */
interface ForgottenMessage {
  readonly type: 'forgotten';
  readonly node: string;
  readonly subject: string;
  readonly before: number;
}

/** A node does not know where the numbers of others are in these subjects, because it has just begun to listen. */
interface LocateMessage {
  readonly type: 'locate';
  readonly node: string;
  readonly subjects: readonly string[];
}

/** The number of the last payload of a node to a subject. It is said to this subject, so that it is in order with data. */
export interface PositionMessage {
  readonly type: 'position';
  readonly node: string;
  readonly last: number;
  /** Whether the node itself listens to the subject. */
  readonly listens: boolean;
}

/** A node closes. Its clients go to other nodes. */
interface LeaveMessage {
  readonly type: 'leave';
  readonly node: string;
}

/** A payload without a number, which is not asked for if it is lost. It is said to the subject that it is for. */
interface NoteMessage {
  readonly type: 'note';
  readonly node: string;
  readonly payload: unknown;
}

export type NodeMessage =
  | DataMessage
  | AliveMessage
  | AskMessage
  | ForgottenMessage
  | LocateMessage
  | PositionMessage
  | NoteMessage
  | LeaveMessage;

export function encodeMessage(message: Exclude<NodeMessage, DataMessage>): string {
  return JSON.stringify(message);
}

/** Writes data, which is nearly all that is said, with short keys. @param payloads - each as JSON */
export function encodeData(node: string, first: number, payloads: readonly string[]): string {
  return `${dataStart(node)}${first},"p":[${payloads.join(',')}]}`;
}

/** Returns data as it is said again. */
export function repeatOf(data: string): string {
  return `${data.slice(0, -1)},"r":1}`;
}

/** What all data of a node begins with. */
export function dataStart(node: string): string {
  return `{"n":"${node}","f":`;
}

/** Reads a message. Returns `undefined` if it is none: others may publish on the same engine. */
export function parseMessage(text: string): NodeMessage | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isRecord(value)) return undefined;
  return value['type'] === undefined ? dataFrom(value) : controlFrom(value);
}

function dataFrom({ n: node, f: first, p: payloads, r: repeat }: Record<string, unknown>) {
  if (!isNodeId(node) || !isNumber(first) || !Array.isArray(payloads)) return undefined;
  return { type: 'data', node, first, payloads, isRepeat: repeat === 1 } as const;
}

function controlFrom(value: Record<string, unknown>): NodeMessage | undefined {
  const { type, node, of, subject, subjects, from, to, before, last, listens } = value;
  if (!isNodeId(node)) return undefined;
  switch (type) {
    case 'alive':
      if (!isRecord(last) || !Object.values(last).every(isNumber)) return undefined;
      return { type, node, last: last as Record<string, number> };
    case 'ask':
      if (!isNodeId(of) || typeof subject !== 'string' || !isNumber(from) || !isNumber(to))
        return undefined;
      return { type, node, of, subject, from, to };
    case 'forgotten':
      if (typeof subject !== 'string' || !isNumber(before)) return undefined;
      return { type, node, subject, before };
    case 'locate':
      return areTexts(subjects) ? { type, node, subjects } : undefined;
    case 'position':
      if (!isNumber(last) || typeof listens !== 'boolean') return undefined;
      return { type, node, last, listens };
    case 'leave':
      return { type, node };
    case 'note':
      return { type, node, payload: value['payload'] };
    default:
      return undefined;
  }
}

function isNodeId(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{16}$/.test(value);
}

function isNumber(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function areTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}
