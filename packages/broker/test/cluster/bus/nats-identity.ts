import { generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
/** The first byte of what names a key, by what the key is for. */
const PREFIXES = { operator: 14 << 3, account: 0, user: 20 << 3 };
type Role = keyof typeof PREFIXES;

/** A key of NATS. */
class Identity {
  readonly role: Role;
  readonly name: string;
  readonly seed: string;
  readonly #key: KeyObject;

  constructor(role: Role) {
    this.role = role;
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    this.#key = privateKey;
    const prefix = PREFIXES[role];
    this.name = encode([prefix], bytesOf(publicKey.export({ format: 'jwk' }).x));
    const seedPrefix = [(18 << 3) | (prefix >> 5), (prefix & 31) << 3];
    this.seed = encode(seedPrefix, bytesOf(privateKey.export({ format: 'jwk' }).d));
  }

  /** What this identity says of another. */
  sign(subject: Identity): string {
    const claims = {
      jti: randomUUID(),
      iat: Math.floor(Date.now() / 1000),
      iss: this.name,
      name: subject.role,
      sub: subject.name,
      nats: { type: subject.role, version: 2, ...LIMITS[subject.role] },
    };
    const parts = [{ typ: 'JWT', alg: 'ed25519-nkey' }, claims];
    const text = parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'));
    const signed = text.join('.');
    return `${signed}.${sign(null, Buffer.from(signed), this.#key).toString('base64url')}`;
  }
}

const NONE = { subs: -1, data: -1, payload: -1 };
const LIMITS = {
  operator: {},
  account: { limits: { ...NONE, imports: -1, exports: -1, wildcards: true, conn: -1, leaf: -1 } },
  user: NONE,
};

/** A configuration in which users prove themselves by JWT, and the credentials file of one. */
export function natsIdentity(): { readonly config: string; readonly credentials: string } {
  const [operator, account, user] = [
    new Identity('operator'),
    new Identity('account'),
    new Identity('user'),
  ];
  const config = [
    `operator: ${operator.sign(operator)}`,
    'resolver: MEMORY',
    `resolver_preload: { ${account.name}: ${operator.sign(account)} }`,
  ];
  const credentials = [
    '-----BEGIN NATS USER JWT-----',
    account.sign(user),
    '------END NATS USER JWT------',
    '',
    '-----BEGIN USER NKEY SEED-----',
    user.seed,
    '------END USER NKEY SEED------',
  ];
  return { config: config.join('\n'), credentials: credentials.join('\n') };
}

function bytesOf(base64url = ''): Buffer {
  return Buffer.from(base64url, 'base64url');
}

/** Base 32 of a prefix, a key and their CRC-16. */
function encode(prefix: readonly number[], key: Buffer): string {
  const bytes = [...prefix, ...key];
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit += 1) {
      crc = ((crc & 0x80_00) === 0 ? crc << 1 : (crc << 1) ^ 0x10_21) & 0xff_ff;
    }
  }
  const bits = [...bytes, crc & 0xff, crc >> 8].map((byte) => byte.toString(2).padStart(8, '0'));
  const groups = bits.join('').match(/.{1,5}/g) ?? [];
  return groups.map((group) => ALPHABET[Number.parseInt(group.padEnd(5, '0'), 2)]).join('');
}
