import { createPrivateKey, sign } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { BusUrl } from '../bus-url.ts';

/** How a client signs in: the fields of CONNECT that prove who it is. */
export type NatsCredentials = Readonly<Record<string, string>>;

const JWT = /-+BEGIN NATS USER JWT-+\s+(\S+)\s+-+END NATS USER JWT-+/;
const SEED = /-+BEGIN USER NKEY SEED-+\s+(SU[A-Z2-7]{56})\s+-+END USER NKEY SEED-+/;
/** What stands before the 32 bytes of an Ed25519 key in PKCS #8. */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');

/** Reads the credentials each time, so that a file may be renewed. Rejects with a reason that has no secret. */
export async function credentialsOf(
  { username, password, credentialsFile }: BusUrl,
  nonce: string,
): Promise<NatsCredentials> {
  if (credentialsFile !== undefined) {
    return signNonce(await readFile(credentialsFile, 'utf8'), nonce);
  }
  if (username === undefined) return {};
  return password === undefined ? { auth_token: username } : { user: username, pass: password };
}

function signNonce(file: string, nonce: string): NatsCredentials {
  const [, jwt] = JWT.exec(file) ?? [];
  const [, seed] = SEED.exec(file) ?? [];
  if (jwt === undefined || seed === undefined) {
    throw new Error('the credentials file has no NATS user JWT, or no seed of a user');
  }
  // Two bytes say what the key is for, and two at the end are a checksum.
  const secret = base32(seed).subarray(2, 34);
  const key = createPrivateKey({
    key: Buffer.concat([PKCS8, secret]),
    format: 'der',
    type: 'pkcs8',
  });
  return { jwt, sig: sign(null, Buffer.from(nonce), key).toString('base64url') };
}

/** RFC 4648, without padding. */
function base32(text: string): Buffer {
  const bytes: number[] = [];
  let bits = 0;
  let count = 0;
  for (const char of text) {
    bits = ((bits << 5) | 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(char)) & 0xf_ff;
    count += 5;
    if (count < 8) continue;
    count -= 8;
    bytes.push((bits >> count) & 0xff);
  }
  return Buffer.from(bytes);
}
