import { isRecord } from '@rollcall/protocol';
import type { Challenge } from '../acme/order.ts';

/** What gateways tell each other about certificates. */
export type Message =
  /** The sender is there, and holds these certificates: each name with its version. */
  | { readonly type: 'hello'; readonly held: Readonly<Record<string, number>> }
  /** The sender orders a certificate, or has failed to: until then, no other does. */
  | {
      readonly type: 'claim';
      readonly name: string;
      /** When it began: of two claims, the earlier one holds. */
      readonly since: number;
      /** The version of the certificate that the sender holds; 0 if it holds none. */
      readonly version: number;
      readonly forMs: number;
      /** How many orders in a row have failed. */
      readonly failures: number;
    }
  /** Every gateway is to answer this challenge. */
  | { readonly type: 'challenge'; readonly challenge: Challenge; readonly forMs: number }
  /** The sender answers the challenge of this name. */
  | { readonly type: 'answering'; readonly name: string }
  | {
      readonly type: 'certificate';
      readonly name: string;
      readonly cert: string;
      readonly key: string;
    };

/** A message with what shows that it is new. */
export interface Letter {
  /** One run of a gateway. */
  readonly from: string;
  /** Counts the letters of that run: one that is not above the latest is a repetition. */
  readonly number: number;
  /** When it was sent, in milliseconds since 1970. */
  readonly at: number;
  readonly message: Message;
}

/** Reads a letter. Returns undefined if it is none. */
export function parseLetter(input: unknown): Letter | undefined {
  if (!isRecord(input)) return undefined;
  const { from, number, at, message } = input;
  if (typeof from !== 'string' || !isCount(number) || !isCount(at)) return undefined;
  return isMessage(message) ? { from, number, at, message } : undefined;
}

function isMessage(input: unknown): input is Message {
  if (!isRecord(input)) return false;
  const { type, name, since, version, forMs, failures, held, cert, key, challenge } = input;
  switch (type) {
    case 'hello':
      return isRecord(held) && Object.values(held).every(isCount);
    case 'claim':
      return isText(name) && [since, version, forMs, failures].every(isCount);
    case 'challenge':
      return isChallenge(challenge) && isCount(forMs);
    case 'answering':
      return isText(name);
    case 'certificate':
      return [name, cert, key].every(isText);
    default:
      return false;
  }
}

function isChallenge(input: unknown): input is Challenge {
  if (!isRecord(input) || !isText(input['name'])) return false;
  const { type, token, answer, certificate } = input;
  if (type === 'http-01') return isText(token) && isText(answer);
  return (
    type === 'tls-alpn-01' &&
    isRecord(certificate) &&
    isText(certificate['cert']) &&
    isText(certificate['key'])
  );
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}
