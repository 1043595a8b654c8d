import { authRequestText, formatProof } from '@rollcall/protocol';
import { publicKeyOf } from '@rollcall/client';
import { readServiceKey, signText } from '../../packages/client/src/trust/ed25519.ts';
import { ask } from './cluster.ts';
import type { Answer } from './cluster.ts';

/** The `Authorization` of a request to an auth server by the holder of a service key. */
export function proofOf(
  serviceKey: string,
  path: string,
  body: string,
  time: number = Math.floor(Date.now() / 1000),
): string {
  const signature = signText(readServiceKey(serviceKey), authRequestText(path, time, body));
  return formatProof({ key: publicKeyOf(serviceKey), time, signature });
}

/** Asks an auth server as the holder of a service key. */
export function askAuth(
  url: string,
  serviceKey: string,
  path: string,
  fields: object,
): Promise<Answer> {
  const body = JSON.stringify(fields);
  const headers = { authorization: proofOf(serviceKey, path, body) };
  return ask(url + path, { method: 'POST', headers, body });
}
