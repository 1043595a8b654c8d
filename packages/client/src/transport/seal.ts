import { createHash, randomBytes } from 'node:crypto';
import nacl from 'tweetnacl';
import { isRecord } from '@rollcall/protocol';

/** An encrypted value, with which the transport cannot read an announcement. Both are base64. */
export interface Sealed {
  readonly nonce: string;
  readonly ciphertext: string;
}

/**
 * Encrypts a value for one channel, as Pusher's encrypted channels do with events: NaCl secretbox with the
 * SHA-256 of the channel's name and the master key. Presence channels have no encryption of their own.
 */
export function seal(channel: string, masterKey: string, value: unknown): Sealed {
  const nonce = randomBytes(nacl.secretbox.nonceLength);
  const ciphertext = nacl.secretbox(
    Buffer.from(JSON.stringify(value)),
    nonce,
    keyOf(channel, masterKey),
  );
  return {
    nonce: nonce.toString('base64'),
    ciphertext: Buffer.from(ciphertext).toString('base64'),
  };
}

/** Decrypts a value. Returns undefined if the value is not sealed with this key. */
export function unseal(channel: string, masterKey: string, sealed: unknown): unknown {
  if (!isSealed(sealed)) return undefined;
  const { nonce, ciphertext } = sealed;
  const nonceBytes = Buffer.from(nonce, 'base64');
  if (nonceBytes.length !== nacl.secretbox.nonceLength) return undefined;
  const key = keyOf(channel, masterKey);
  const bytes = nacl.secretbox.open(Buffer.from(ciphertext, 'base64'), nonceBytes, key);
  if (bytes === null) return undefined;
  try {
    return JSON.parse(Buffer.from(bytes).toString());
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

function keyOf(channel: string, masterKey: string): Uint8Array {
  return createHash('sha256').update(channel).update(Buffer.from(masterKey, 'base64')).digest();
}
