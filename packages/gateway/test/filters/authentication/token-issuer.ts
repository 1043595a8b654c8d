import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import type { CryptoKey, JWTHeaderParameters } from 'jose';
import { FieldSet } from '@rollcall/proxy';
import type { Filter, FilterRequest } from '@rollcall/proxy';
import { FailedLogins } from '../../../src/filters/authentication/failed-logins.ts';
import { JWT } from '../../../src/filters/authentication/jwt.ts';
import { KeyFile } from '../../../src/filters/authentication/key-file.ts';
import { RemoteKeySet } from '../../../src/filters/authentication/key-set.ts';
import type { ServiceResponse } from '../../../src/filters/authentication/service-request.ts';
import { FileTexts } from '../../../src/filters/file-texts.ts';
import { LocalLimits } from '../../../src/filters/limits/local-limits.ts';
import { filterContext, filterOf, filterRequest } from '../filter-request.ts';

export const ISSUER = 'https://login.example.com/';
export const URL = 'https://login.example.com/jwks';
export const NOW: number = Date.parse('2026-11-29T00:00:00Z');

interface KeyPair {
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
}

const es: KeyPair = await generateKeyPair('ES256', { extractable: true });
export const next: KeyPair = await generateKeyPair('ES256', { extractable: true });
export const rs: KeyPair = await generateKeyPair('RS256', { extractable: true });

export async function jwk(key: CryptoKey, kid: string): Promise<object> {
  return { ...(await exportJWK(key)), kid };
}

export const KEYS: readonly object[] = [
  await jwk(es.publicKey, 'es'),
  await jwk(rs.publicKey, 'rs'),
];

interface Token {
  claims?: Readonly<Record<string, unknown>>;
  header?: Partial<JWTHeaderParameters>;
  key?: CryptoKey;
}

/** An issuer of tokens, and filters that verify them by its clock. */
export class TokenIssuer {
  time: number = 0;
  keys: readonly object[] = KEYS;
  isDown: boolean = false;
  /** What a response with the keys waits for. */
  answers: Promise<unknown> | undefined;
  /** How often the keys were requested. */
  requests: number = 0;
  readonly faults: string[] = [];

  get seconds(): number {
    return Math.floor((NOW + this.time) / 1000);
  }

  token({ claims = {}, header = {}, key = es.privateKey }: Token = {}): Promise<string> {
    const payload = { iss: ISSUER, aud: 'api', sub: 'ann', exp: this.seconds + 300, ...claims };
    return new SignJWT(payload)
      .setProtectedHeader({ alg: 'ES256', kid: 'es', ...header })
      .sign(key);
  }

  /** A filter that reads the keys at a URL. */
  filter(given: object = {}): Filter {
    const keySet = new RemoteKeySet({
      url: URL,
      send: this.#send,
      now: () => this.time,
      onFault: (reason) => this.faults.push(reason),
    });
    return this.#filterBy({ jwksUrl: URL, ...given }, { keySet: () => keySet });
  }

  /** A filter that reads the keys in a file. */
  fileFilter(jwksFile: string): Filter {
    const onFault = (reason: string): void => void this.faults.push(reason);
    const now = (): number => this.time;
    const files = new FileTexts({ now, onFault: (_filter, reason) => onFault(reason) });
    const textOf = (file: string): string | undefined => files.textOf(file, 'jwt');
    const keys = new KeyFile({ file: jwksFile, textOf, onFault });
    return this.#filterBy({ jwksFile }, { keyFile: () => keys });
  }

  #filterBy(given: object, services: Parameters<typeof filterContext>[0]): Filter {
    const limits = new LocalLimits({ now: () => this.time });
    const failedLogins = new FailedLogins({ limits, isDry: false });
    const context = filterContext({ date: () => NOW + this.time, failedLogins, ...services });
    return filterOf(JWT, { issuer: ISSUER, audience: ['api'], ...given }, context);
  }

  readonly #send = async (): Promise<ServiceResponse> => {
    this.requests++;
    await this.answers;
    if (this.isDown) throw new Error('connect ECONNREFUSED');
    return { status: 200, fields: [], body: Buffer.from(JSON.stringify({ keys: this.keys })) };
  };
}

export function bearer(text: string): FilterRequest {
  return filterRequest({ fields: new FieldSet(`Authorization: Bearer ${text}\r\n`) });
}

/** The consumer, or status and detail of the problem. */
export async function outcomeOf(text: string, used: Filter): Promise<unknown> {
  const request = bearer(text);
  const outcome = await used.onRequest?.(request);
  if (outcome === undefined) return request.consumer;
  if (!('problem' in outcome)) return outcome;
  return `${outcome.problem.status} ${outcome.problem.detail}`;
}
