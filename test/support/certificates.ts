import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Self-signed certificates for localhost and 127.0.0.1. Their keys are public, and used only in tests. */
export const FILES = { one: filesOf('one'), two: filesOf('two') };
const elsewhere = filesOf('elsewhere');
export const ONE = { cert: readFileSync(FILES.one.cert), key: readFileSync(FILES.one.key) };
export const TWO = { cert: readFileSync(FILES.two.cert), key: readFileSync(FILES.two.key) };
/** A certificate for elsewhere.example only. */
export const ELSEWHERE = { cert: readFileSync(elsewhere.cert), key: readFileSync(elsewhere.key) };

function filesOf(name: string): { cert: string; key: string } {
  const path = (part: string) =>
    fileURLToPath(new URL(`./tls/${name}-${part}.pem`, import.meta.url));
  return { cert: path('cert'), key: path('key') };
}
