import { createHash, randomBytes } from 'node:crypto';
import nacl from 'tweetnacl';
import { isRecord } from '@rollcall/protocol';

/** An encrypted message, which the transport cannot read. Both are base64. */
export interface Sealed {
  readonly nonce: string;
  readonly ciphertext: string;
}

/** Where a message belongs. It is sealed with the message, so that a captured one has no effect anywhere else. */
export interface Envelope {
  /** The event's name, or `member` for the announcement of a member of a presence channel. */
  readonly event: string;
  readonly channel: string;
}

/** What is encrypted in place of the data of a message: the data, and where it belongs. */
export function enclose({ event, channel }: Envelope, data: unknown): object {
  return { event, channel, data };
}

/** The data in a decrypted message, or undefined if the message belongs elsewhere. */
export function disclose({ event, channel }: Envelope, enclosed: unknown): unknown {
  if (!isRecord(enclosed)) return undefined;
  const isHere = enclosed['event'] === event && enclosed['channel'] === channel;
  return isHere ? enclosed['data'] : undefined;
}

/** The key of an encrypted registry in base64, or that of one of its channels. */
export type SealingKey = string | Uint8Array;

/**
 * Encrypts a message as Pusher's encrypted channels do: NaCl secretbox with the key of the channel. Presence channels have no
 * encryption of their own.
 */
export function seal(envelope: Envelope, key: SealingKey, data: unknown): Sealed {
  const nonce = randomBytes(nacl.secretbox.nonceLength);
  const ciphertext = nacl.secretbox(
    Buffer.from(JSON.stringify(enclose(envelope, data))),
    nonce,
    channelKey(envelope.channel, key),
  );
  return {
    nonce: nonce.toString('base64'),
    ciphertext: Buffer.from(ciphertext).toString('base64'),
  };
}

/** Decrypts a message. Returns undefined if it is not sealed with this key, or belongs elsewhere. */
export function unseal(envelope: Envelope, key: SealingKey, sealed: unknown): unknown {
  if (!isSealed(sealed)) return undefined;
  const { nonce, ciphertext } = sealed;
  const nonceBytes = Buffer.from(nonce, 'base64');
  if (nonceBytes.length !== nacl.secretbox.nonceLength) return undefined;
  const bytes = nacl.secretbox.open(
    Buffer.from(ciphertext, 'base64'),
    nonceBytes,
    channelKey(envelope.channel, key),
  );
  if (bytes === null) return undefined;
  try {
    return disclose(envelope, JSON.parse(Buffer.from(bytes).toString()));
  } catch {
    return undefined;
  }
}

/** Whether a value has the form of a sealed one. */
export function isSealed(value: unknown): value is Sealed {
  return isRecord(value) && isBase64(value['nonce']) && isBase64(value['ciphertext']);
}

/** Whether text is canonical base64. Node reads other spellings, too, and other readers throw. */
function isBase64(value: unknown): boolean {
  return typeof value === 'string' && Buffer.from(value, 'base64').toString('base64') === value;
}

/** The key of a channel: the SHA-256 of its name and the key of the registry. */
export function channelKey(channel: string, key: SealingKey): Uint8Array {
  if (typeof key !== 'string') return key;
  return createHash('sha256').update(channel).update(Buffer.from(key, 'base64')).digest();
}
