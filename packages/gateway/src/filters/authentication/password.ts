import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import type { Format } from '@rollcall/runtime/settings';

/** A hash in the PHC string format. */
const PHC =
  /^\$scrypt\$ln=(?<ln>1[0-7]),r=(?<r>[1-9]|1[0-6]),p=(?<p>[1-8])\$(?<salt>[A-Za-z0-9+/]{11,86})\$(?<key>[A-Za-z0-9+/]{43,86})$/;

const EXPECTED =
  '$scrypt$ln=14,r=8,p=5$ with a salt and a key, as `rollcall hash --password` prints it';

export const PASSWORD_HASH: Format = {
  expected: EXPECTED,
  parse: (text) => (PHC.test(text) ? text : undefined),
  // The text may be the password itself.
  problem: () => `must be ${EXPECTED}`,
};

interface ScryptHash {
  /** The binary logarithm of the cost. */
  readonly ln: number;
  readonly r: number;
  readonly p: number;
  readonly salt: Buffer;
  readonly key: Buffer;
}

// https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html#scrypt: 16 MB and about 150 ms.
const COST = { ln: 14, r: 8, p: 5 };
const KEY_BYTES = 32;

/** Returns a password hashed by scrypt with a salt of its own. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const key = await derive(password, { ...COST, salt }, KEY_BYTES);
  const { ln, r, p } = COST;
  return `$scrypt$ln=${ln},r=${r},p=${p}$${unpadded(salt)}$${unpadded(key)}`;
}

/** Returns whether a hash is that of a password, in a time that does not depend on it. */
export async function isPassword(password: string, hash: string): Promise<boolean> {
  const { ln, r, p, salt = '', key = '' } = PHC.exec(hash)?.groups ?? {};
  const expected = Buffer.from(key, 'base64');
  const cost = { ln: Number(ln), r: Number(r), p: Number(p), salt: Buffer.from(salt, 'base64') };
  return timingSafeEqual(await derive(password, cost, expected.length), expected);
}

function derive(
  password: string,
  { ln, r, p, salt }: Omit<ScryptHash, 'key'>,
  bytes: number,
): Promise<Buffer> {
  const options = { N: 2 ** ln, r, p, maxmem: 2 ** ln * r * 128 * 2 };
  // Passwords are compared as NFC (RFC 7617 §2.1 with charset UTF-8).
  return new Promise((resolve, reject) => {
    scrypt(password.normalize('NFC'), salt, bytes, options, (error, key) =>
      error === null ? resolve(key) : reject(error),
    );
  });
}

function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}
