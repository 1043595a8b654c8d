import { isRecord } from '@rollcall/protocol';

/** A number of payloads of one node to one subject. They are numbered in a row. */
export interface DataMessage {
  readonly type: 'data';
  readonly node: string;
  /** The number of the first payload. */
  readonly first: number;
  /** `null` is a payload that was withdrawn. */
  readonly payloads: readonly unknown[];
}

/** A node lives. It says how far its numbers are, so that others notice what they lack. */
export interface AliveMessage {
  readonly type: 'alive';
  readonly node: string;
  /** Whether the node has just come, or come back, and wants to hear of the others at once. */
  readonly isNew: boolean;
  /** The number of the last payload to each subject that was used in the last minute. */
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
export interface ForgottenMessage {
  readonly type: 'forgotten';
  readonly node: string;
  readonly subject: string;
  readonly before: number;
}

export type NodeMessage = DataMessage | AliveMessage | AskMessage | ForgottenMessage;

/** Writes a message. Data, which is nearly all of them, has short keys. */
export function encodeMessage(message: NodeMessage): string {
  if (message.type !== 'data') return JSON.stringify(message);
  return JSON.stringify({ n: message.node, f: message.first, p: message.payloads });
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

function dataFrom({ n: node, f: first, p: payloads }: Record<string, unknown>) {
  if (!isNodeId(node) || !isNumber(first) || !Array.isArray(payloads)) return undefined;
  return { type: 'data', node, first, payloads } as const;
}

function controlFrom(value: Record<string, unknown>): NodeMessage | undefined {
  const { type, node, of, subject, from, to, before, isNew, last } = value;
  if (!isNodeId(node)) return undefined;
  switch (type) {
    case 'alive':
      if (!isRecord(last) || !Object.values(last).every(isNumber)) return undefined;
      return { type, node, isNew: isNew === true, last: last as Record<string, number> };
    case 'ask':
      if (!isNodeId(of) || typeof subject !== 'string' || !isNumber(from) || !isNumber(to))
        return undefined;
      return { type, node, of, subject, from, to };
    case 'forgotten':
      if (typeof subject !== 'string' || !isNumber(before)) return undefined;
      return { type, node, subject, before };
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
