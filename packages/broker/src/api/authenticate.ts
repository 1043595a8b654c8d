import { hash } from 'node:crypto';
import { requestStringToSign } from '@rollcall/protocol/pusher';
import type { App } from '../app/app.ts';
import type { Apps } from '../app/apps.ts';
import { isSignedBy } from '../credentials.ts';
import { HttpError } from './http-error.ts';

/** How far the clock of a request may be from the broker's, in either direction. */
const MAX_CLOCK_SKEW_S = 600;

/** The parts of a request that its signature covers, except the body. */
export interface SignedRequest {
  readonly method: string;
  /** The paths that may have been signed. */
  readonly paths: readonly string[];
  /** Names in lower case. */
  readonly query: ReadonlyMap<string, string>;
}

/**
 * Reads a query string. A name given twice is refused: the signature could cover one value and an endpoint read the other.
 *
 * @throws {@link HttpError} 400
 */
export function readQuery(text: string): ReadonlyMap<string, string> {
  const query = new Map<string, string>();
  for (const [name, value] of parameters(text)) {
    const key = name.toLowerCase();
    if (query.has(key)) throw new HttpError(400, 'a query parameter is given twice');
    query.set(key, value);
  }
  return query;
}

/**
 * Returns the app that signed a request. The error is the same whether the app id, the key or the signature is wrong, so
 * that strangers cannot find out which apps there are.
 *
 * @param now - milliseconds since 1970.
 * @throws {@link HttpError} 401, or 403 if the app is disabled
 */
export function authenticate(apps: Apps, appId: string, request: SignedRequest, now: number): App {
  const { method, paths, query } = request;
  if (query.get('auth_version') !== '1.0') throw unauthorised('auth_version must be 1.0');
  checkTimestamp(query.get('auth_timestamp'), now);

  const app = apps.byId(appId);
  const isKeyOfApp = app !== undefined && app.options.key === query.get('auth_key');
  const secret = app?.options.secret ?? '';
  const signature = query.get('auth_signature') ?? '';
  const isSigned = paths.some((path) =>
    isSignedBy(secret, requestStringToSign(method, path, query), signature),
  );
  if (isKeyOfApp && isSigned) {
    if (app.options.enabled === false) throw new HttpError(403, 'the app is disabled');
    return app;
  }
  throw unauthorised(
    'the app id, auth_key or auth_signature is wrong; check appId, key and secret',
  );
}

/**
 * Checks that the body is the one that was signed.
 *
 * @throws {@link HttpError} 401
 */
export function checkBody(body: Buffer, query: ReadonlyMap<string, string>): void {
  const claimed = query.get('body_md5');
  if (claimed === undefined && body.length === 0) return;
  if (claimed?.toLowerCase() !== hash('md5', body)) {
    throw unauthorised('body_md5 must be the hex MD5 of the body');
  }
}

/** Splits a query string. SDKs usually leave nothing to decode, and then this takes half the time of URLSearchParams. */
function parameters(text: string): Iterable<readonly [name: string, value: string]> {
  if (/[%+]/.test(text)) return new URLSearchParams(`?${text}`);
  return text
    .split('&')
    .filter((parameter) => parameter !== '')
    .map((parameter) => {
      const mark = parameter.indexOf('=');
      if (mark === -1) return [parameter, ''];
      return [parameter.slice(0, mark), parameter.slice(mark + 1)];
    });
}

function checkTimestamp(timestamp: string | undefined, now: number): void {
  if (timestamp === undefined || !/^\d{1,12}$/.test(timestamp)) {
    throw unauthorised('auth_timestamp must be the time in seconds since 1970');
  }
  if (Math.abs(Number(timestamp) - Math.floor(now / 1_000)) > MAX_CLOCK_SKEW_S) {
    throw unauthorised(
      `auth_timestamp is more than ${MAX_CLOCK_SKEW_S} s off; check the clock of this machine`,
    );
  }
}

function unauthorised(message: string): HttpError {
  return new HttpError(401, message);
}
