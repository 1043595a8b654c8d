import { isRecord } from '@rollcall/protocol';
import type { Certificate } from '@rollcall/runtime';
import { certificateRequest, challengeCertificate, keyPem, newKey } from './certificates.ts';
import type { AcmeClient } from './client.ts';
import { AcmeError } from './error.ts';

/** The challenges by which the gateway proves that a name is its own. */
export type ChallengeType = 'http-01' | 'tls-alpn-01';

/** What a challenge is answered with. */
export type Challenge =
  | {
      readonly type: 'http-01';
      readonly name: string;
      readonly token: string;
      readonly answer: string;
    }
  | { readonly type: 'tls-alpn-01'; readonly name: string; readonly certificate: Certificate };

export interface OrderOptions {
  readonly name: string;
  readonly type: ChallengeType;
  /** Resolves when the challenge is answered wherever the server may ask. */
  readonly present: (challenge: Challenge) => Promise<void>;
}

/**
 * Orders a certificate (RFC 8555 §7.4): proves the name, sends the request, and fetches the chain.
 * @throws AcmeError
 */
export async function orderCertificate(
  client: AcmeClient,
  { name, type, present }: OrderOptions,
): Promise<Certificate> {
  const order = await client.newOrder(name);
  for (const url of texts(order.body['authorizations']))
    await prove(client, url, { name, type, present });
  const ready = await client.settled(order.url, ['pending']);
  const key = newKey();
  if (ready.body['status'] === 'ready') {
    const csr = certificateRequest(name, key).toString('base64url');
    await client.post(text(ready.body['finalize'], 'finalize'), { csr });
  }
  const done = await client.settled(order.url, ['ready', 'processing']);
  if (done.body['status'] !== 'valid') throw AcmeError.ofProblem(done.body['error']);
  const chain = await client.post(text(done.body['certificate'], 'certificate'), '');
  return { cert: chain.text, key: keyPem(key) };
}

/** Proves that a name is the gateway's own. The server may still know it from an earlier order. */
async function prove(client: AcmeClient, url: string, options: OrderOptions): Promise<void> {
  const { body } = await client.post(url, '');
  if (body['status'] === 'valid') return;
  const challenges = Array.isArray(body['challenges']) ? body['challenges'].filter(isRecord) : [];
  const challenge = challenges.find((each) => each['type'] === options.type);
  if (challenge === undefined)
    throw new AcmeError(`the server offers no ${options.type} challenge`);
  const token = text(challenge['token'], 'token');
  await options.present(answerTo(options, token, client.keyAuthorization(token)));
  await client.post(text(challenge['url'], 'url'), {});
  const settled = await client.settled(url, ['pending', 'processing']);
  if (settled.body['status'] === 'valid') return;
  const failed = Array.isArray(settled.body['challenges'])
    ? settled.body['challenges'].filter(isRecord)
    : [];
  throw AcmeError.ofProblem(failed.find((each) => each['error'] !== undefined)?.['error']);
}

function answerTo({ name, type }: OrderOptions, token: string, answer: string): Challenge {
  return type === 'http-01'
    ? { type, name, token, answer }
    : { type, name, certificate: challengeCertificate(name, answer, new Date()) };
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

function text(value: unknown, name: string): string {
  if (typeof value !== 'string') throw new AcmeError(`the server gives no ${name}`);
  return value;
}
