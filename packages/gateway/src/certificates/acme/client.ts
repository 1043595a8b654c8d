import { createPrivateKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { createSecureContext, rootCertificates } from 'node:tls';
import type { SecureContext } from 'node:tls';
import { isRecord } from '@rollcall/protocol';
import { httpRequest, httpTarget } from '@rollcall/runtime';
import type { HttpResponse } from '@rollcall/runtime';
import { AcmeError, retryAfterMs } from './error.ts';
import { authenticatedJws, jwkOf, signedJws, thumbprint } from './jws.ts';

export interface AcmeOptions {
  /** The URL of the directory. */
  readonly directory: string;
  /** CA of the server, as PEM, besides the CAs that Node trusts. */
  readonly directoryCa?: string | undefined;
  readonly email: string;
  /** External account binding (RFC 8555 §7.3.4). The key is in base64url. */
  readonly eab?: { readonly keyId: string; readonly hmacKey: string } | undefined;
  /** As PEM: ECDSA on P-256. */
  readonly accountKey: string;
  /** Ends what is under way. */
  readonly signal?: AbortSignal | undefined;
}

/** The answer of a server to a request. */
export interface AcmeAnswer {
  readonly url: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly text: string;
  readonly retryAfterMs: number | undefined;
}

const REQUEST_MS = 30_000;
/** Pebble can reject every second nonce. */
const MAX_NONCES = 20;
const POLL_MS = 500;
const MAX_POLL_MS = 10_000;
/** How long the server may take for a challenge or an order. */
const MAX_WAIT_MS = 180_000;

/** Speaks ACME with a server (RFC 8555), for one account. */
export class AcmeClient {
  readonly #options: AcmeOptions;
  readonly #key: KeyObject;
  readonly #trusted: SecureContext;
  #directory: Readonly<Record<string, unknown>> | undefined;
  #account = '';
  #nonce: string | undefined;

  constructor(options: AcmeOptions) {
    this.#options = options;
    this.#key = createPrivateKey(options.accountKey);
    const { directoryCa } = options;
    this.#trusted = createSecureContext(
      directoryCa === undefined ? {} : { ca: [...rootCertificates, directoryCa] },
    );
  }

  /** Returns what answers a challenge with this token (RFC 8555 §8.1). */
  keyAuthorization(token: string): string {
    return `${token}.${thumbprint(this.#key)}`;
  }

  /** Opens the account, or finds the one that this key has. */
  async openAccount(): Promise<void> {
    const { email, eab } = this.#options;
    const url = await this.#resource('newAccount');
    const binding = eab && {
      externalAccountBinding: authenticatedJws(
        { kid: eab.keyId, url },
        jwkOf(this.#key),
        Buffer.from(eab.hmacKey, 'base64url'),
      ),
    };
    const contact = [`mailto:${email}`];
    const { url: account } = await this.#send(url, {
      termsOfServiceAgreed: true,
      contact,
      ...binding,
    });
    this.#account = account;
  }

  /** Orders a certificate for a name. */
  async newOrder(name: string): Promise<AcmeAnswer> {
    if (this.#account === '') await this.openAccount();
    return this.#send(await this.#resource('newOrder'), {
      identifiers: [{ type: 'dns', value: name }],
    });
  }

  /** Sends a request to a resource. @param payload `''` asks for it */
  post(url: string, payload: object | ''): Promise<AcmeAnswer> {
    return this.#send(url, payload);
  }

  /** Asks for a resource until its status is another than these. */
  async settled(url: string, pending: readonly string[]): Promise<AcmeAnswer> {
    const until = performance.now() + MAX_WAIT_MS;
    for (;;) {
      const answer = await this.#send(url, '');
      if (!pending.includes(String(answer.body['status']))) return answer;
      if (performance.now() > until)
        throw new AcmeError(`the server is not done after ${MAX_WAIT_MS / 1000} s`);
      const wait = Math.min(answer.retryAfterMs ?? POLL_MS, MAX_POLL_MS);
      await delay(wait, undefined, { signal: this.#options.signal });
    }
  }

  /** Signs a request and sends it; with another nonce, if the server takes no more of this one (RFC 8555 §6.5). */
  async #send(url: string, payload: object | ''): Promise<AcmeAnswer> {
    let refused: AcmeError | undefined;
    for (let count = 0; count < MAX_NONCES; count++) {
      const nonce = this.#nonce ?? (await this.#freshNonce());
      this.#nonce = undefined;
      const identity = this.#account === '' ? { jwk: jwkOf(this.#key) } : { kid: this.#account };
      const body = JSON.stringify(signedJws({ ...identity, nonce, url }, payload, this.#key));
      const response = await this.#request('POST', url, body);
      if (response.status < 400) return answerOf(url, response);
      refused = AcmeError.of(response);
      if (refused.code !== 'badNonce') break;
    }
    throw refused ?? new AcmeError('the server takes no nonce');
  }

  async #freshNonce(): Promise<string> {
    await this.#request('HEAD', await this.#resource('newNonce'));
    if (this.#nonce === undefined) throw new AcmeError('the server gives no nonce');
    return this.#nonce;
  }

  async #resource(name: string): Promise<string> {
    if (this.#directory === undefined) {
      const response = await this.#request('GET', this.#options.directory);
      if (response.status !== 200) throw AcmeError.of(response);
      this.#directory = answerOf('', response).body;
    }
    const url = this.#directory[name];
    if (typeof url !== 'string') throw new AcmeError(`the directory has no ${name}`);
    return url;
  }

  async #request(method: string, url: string, body?: string): Promise<HttpResponse> {
    const { signal } = this.#options;
    const response = await httpRequest({
      ...httpTarget(url),
      tls: { secureContext: this.#trusted },
      method,
      readsBody: true,
      timeoutMs: REQUEST_MS,
      ...(body !== undefined && { body, headers: { 'content-type': 'application/jose+json' } }),
      ...(signal !== undefined && { signal }),
    });
    if ('code' in response)
      throw new AcmeError(
        `the ACME server ${new URL(url).host} cannot be reached (${response.code})`,
      );
    const { 'replay-nonce': nonce } = response.headers;
    if (typeof nonce === 'string') this.#nonce = nonce;
    return response;
  }
}

function answerOf(url: string, { headers, body: text }: HttpResponse): AcmeAnswer {
  const isJson = headers['content-type']?.startsWith('application/json') === true;
  const body: unknown = isJson ? JSON.parse(text) : {};
  return {
    url: headers.location ?? url,
    body: isRecord(body) ? body : {},
    text,
    retryAfterMs: retryAfterMs(headers['retry-after']),
  };
}
