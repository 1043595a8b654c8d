import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Self-signed certificates for localhost and 127.0.0.1. Their keys are public, and used only in tests. */
export const FILES = { one: filesOf('one'), two: filesOf('two') };
const elsewhere = filesOf('elsewhere');
export const ONE = { cert: readFileSync(FILES.one.cert), key: readFileSync(FILES.one.key) };
export const TWO = { cert: readFileSync(FILES.two.cert), key: readFileSync(FILES.two.key) };
/** A certificate for elsewhere.example only. */
export const ELSEWHERE = { cert: readFileSync(elsewhere.cert), key: readFileSync(elsewhere.key) };
/** A certificate for api.example.com, and one for *.example.com. */
export const API = pairOf('api');
export const WILDCARD = pairOf('wildcard');
/** A CA, as PEM, and a client certificate that it has signed. */
export const CLIENT_CA = readFileSync(filesOf('clients').cert, 'utf8');
const alice = pairOf('alice');
const { fingerprint256, validFrom, validTo } = new X509Certificate(alice.cert);
export const ALICE = {
  ...alice,
  fingerprint: fingerprint256.replaceAll(':', '').toLowerCase(),
  validFrom,
  validTo,
};

function pairOf(name: string): { cert: Buffer; key: Buffer } {
  const { cert, key } = filesOf(name);
  return { cert: readFileSync(cert), key: readFileSync(key) };
}

function filesOf(name: string): { cert: string; key: string } {
  const path = (part: string) =>
    fileURLToPath(new URL(`./tls/${name}-${part}.pem`, import.meta.url));
  return { cert: path('cert'), key: path('key') };
}
