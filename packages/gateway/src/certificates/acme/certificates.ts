import { createHash, createPublicKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type { Certificate } from '@rollcall/runtime';
import {
  bits,
  element,
  identifier,
  integer,
  octets,
  pem,
  sequence,
  set,
  tagged,
  TRUE,
  utcTime,
  utf8,
} from './der.ts';

const ECDSA_WITH_SHA256 = sequence(identifier('1.2.840.10045.4.3.2'));
const COMMON_NAME = identifier('2.5.4.3');
const SUBJECT_ALT_NAME = identifier('2.5.29.17');
const EXTENSION_REQUEST = identifier('1.2.840.113549.1.9.14');
const ACME_IDENTIFIER = identifier('1.3.6.1.5.5.7.1.31');
const DAY_MS = 86_400_000;

/** Creates a key for a certificate: ECDSA on P-256. */
export function newKey(): KeyObject {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
}

/** Encodes a private key as PEM. */
export function keyPem(key: KeyObject): string {
  return String(key.export({ type: 'pkcs8', format: 'pem' }));
}

/** Creates a request for a certificate of one name (RFC 2986), as DER. */
export function certificateRequest(name: string, key: KeyObject): Buffer {
  const attributes = sequence(EXTENSION_REQUEST, set(sequence(subjectAltName(name))));
  // The name stands in the extension alone, since the subject is limited to 64 characters.
  return signed(
    sequence(integer(Buffer.from([0])), sequence(), publicKey(key), tagged(0, attributes)),
    key,
  );
}

/** Creates the self-signed certificate that answers a TLS-ALPN-01 challenge (RFC 8737 §3). */
export function challengeCertificate(
  name: string,
  keyAuthorization: string,
  now: Date,
): Certificate {
  const key = newKey();
  const issuer = sequence(set(sequence(COMMON_NAME, utf8('ACME challenge'))));
  const digest = createHash('sha256').update(keyAuthorization).digest();
  const until = new Date(now.getTime() + DAY_MS);
  const content = sequence(
    tagged(0, integer(Buffer.from([2]))),
    integer(Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    ECDSA_WITH_SHA256,
    issuer,
    sequence(utcTime(new Date(now.getTime() - DAY_MS)), utcTime(until)),
    issuer,
    publicKey(key),
    tagged(
      3,
      sequence(subjectAltName(name), sequence(ACME_IDENTIFIER, TRUE, octets(octets(digest)))),
    ),
  );
  return { cert: pem('CERTIFICATE', signed(content, key)), key: keyPem(key) };
}

function subjectAltName(name: string): Buffer {
  return sequence(SUBJECT_ALT_NAME, octets(sequence(element(0x82, Buffer.from(name)))));
}

function publicKey(key: KeyObject): Buffer {
  return createPublicKey(key).export({ type: 'spki', format: 'der' });
}

function signed(content: Buffer, key: KeyObject): Buffer {
  return sequence(content, ECDSA_WITH_SHA256, bits(sign('sha256', content, key)));
}
