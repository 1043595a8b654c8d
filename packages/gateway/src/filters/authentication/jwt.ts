import { hash } from 'node:crypto';
import { errorMessage } from '@rollcall/runtime';
import { FieldAliases } from '@rollcall/proxy';
import type { Filter, FilterOutcome, FilterRequest } from '@rollcall/proxy';
import { hideCredential } from './authentication.ts';
import type { FilterContext } from '../filter-context.ts';
import type { FilterFault, FilterKind } from '../filter-kind.ts';
import { JWT_SETTINGS } from './jwt-settings.ts';
import type { JwtSettings } from './jwt-settings.ts';
import { readSmallFile } from '../file-texts.ts';
import { KeysUnavailable } from './jwks.ts';
import { checkKeys } from './key-file.ts';
import { proveConsumer } from './proven.ts';
import { unauthenticated, undecidable } from './refusals.ts';
import { TokenVerifier } from './token-verifier.ts';
import type { Proof } from './token-verifier.ts';

/** JSON Web Tokens (RFC 7519, RFC 8725): requests carry a token that an issuer has signed. */
export const JWT: FilterKind<typeof JWT_SETTINGS> = {
  settings: {
    type: 'group',
    settings: JWT_SETTINGS as typeof JWT_SETTINGS,
    reloads: true,
    perRoute: true,
    doc: 'JWT: clients call with a token that an issuer has signed.',
  },
  needs: ['issuer'],
  faults: jwtFaults,
  create: (settings, context) =>
    settings.enabled && settings.issuer !== undefined ? jwtFilter(settings, context) : undefined,
  describe({ issuer, audience = [], scopes, claims }) {
    const parts = [
      `requires a token of ${issuer}`,
      ...(audience.length > 0 ? [`for ${audience.join(' or ')}`] : []),
      ...(scopes.length > 0 ? [`with the scopes ${scopes.join(', ')}`] : []),
      ...Object.entries(claims).map(([name, value]) => `with ${name} ${value}`),
    ];
    return parts.join(' ');
  },
};

function jwtFaults({ issuer, audience, jwksUrl, jwksFile, ...rest }: JwtSettings): FilterFault[] {
  if (issuer === undefined) {
    const given = { audience, jwksUrl, jwksFile };
    const orphan = Object.entries(given).find(([, value]) => value !== undefined);
    return orphan === undefined ? [] : [{ key: orphan[0], problem: 'needs `jwt.issuer`' }];
  }
  if (!rest.enabled) return [];
  const faults: FilterFault[] = [];
  if (audience === undefined)
    faults.push({ key: 'audience', problem: 'is missing: an empty list accepts every audience' });
  if ((jwksUrl === undefined) === (jwksFile === undefined))
    faults.push({ key: 'jwksUrl', problem: 'or `jwt.jwksFile` must be given, and not both' });
  if (rest.algorithms.length === 0) faults.push({ key: 'algorithms', problem: 'is empty' });
  return [...faults, ...(jwksFile === undefined ? [] : fileFaults(jwksFile))];
}

function fileFaults(file: string): FilterFault[] {
  try {
    checkKeys(readSmallFile(file));
    return [];
  } catch (error) {
    return [{ key: 'jwksFile', problem: `cannot be read: ${errorMessage(error)}` }];
  }
}

/** Longer ones are refused before they cost anything. */
const MAX_TOKEN_LENGTH = 8192;
const MAX_REMEMBERED = 4096;
/** A token that was verified longer ago is verified anew. */
const MAX_REMEMBERED_MS = 300_000;

type MaybePromise<T> = T | Promise<T>;

interface Remembered extends Proof {
  readonly until: number;
  readonly version: number;
}

function jwtFilter(settings: JwtSettings, context: FilterContext): Filter {
  const { hideCredentials } = settings;
  const { jwksFile, jwksUrl = '' } = settings;
  const keys = jwksFile === undefined ? context.keySet(jwksUrl) : context.keyFile(jwksFile);
  const verifier = new TokenVerifier(settings, keys, context.date);
  const own = new FieldAliases(Object.keys(settings.forwardClaims));
  const remembered = new Map<string, Remembered>();

  function pass(
    request: FilterRequest,
    { consumer, fields, refusal }: Proof,
  ): FilterOutcome | undefined {
    if (refusal !== undefined) return refusal;
    if (hideCredentials) hideCredential(request, 'authorization');
    for (const [name, value] of fields) request.fields.set(name, value);
    proveConsumer(request, consumer);
    return undefined;
  }

  async function verify(
    request: FilterRequest,
    token: string,
    id: string,
  ): Promise<FilterOutcome | void> {
    const { version } = keys;
    let outcome;
    try {
      outcome = await verifier.verify(token);
    } catch (error) {
      if (!(error instanceof KeysUnavailable)) throw error;
      return undecidable('The keys of the issuer are not available. Try again soon.');
    }
    if ('problem' in outcome)
      return outcome.isSigned ? outcome : context.failedLogins.failed(request, outcome);
    if (remembered.size >= MAX_REMEMBERED) forgetOldest(remembered);
    const until = Math.min(outcome.expiresAt, context.date() + MAX_REMEMBERED_MS);
    // If the keys have changed meanwhile, it may have been verified by one that was withdrawn.
    remembered.set(id, { ...outcome, until, version });
    return pass(request, outcome);
  }

  function decide(request: FilterRequest, token: string): MaybePromise<FilterOutcome | void> {
    const id = hash('sha256', token, 'base64');
    const known = remembered.get(id);
    if (known !== undefined && known.until > context.date() && known.version === keys.version)
      return pass(request, known);
    return verify(request, token, id);
  }

  return {
    name: 'jwt',
    onRequest(request) {
      request.fields.deleteAliases(own);
      const token = tokenOf(request.fields.getAll('authorization'));
      if (token === undefined) return unauthenticated('The request has no bearer token.', 'Bearer');
      if (token.length > MAX_TOKEN_LENGTH)
        return unauthenticated('The token is too long.', 'Bearer error="invalid_token"');
      const refreshed = keys.refresh();
      if (refreshed === undefined) return decide(request, token);
      return refreshed.then(() => decide(request, token));
    },
  };
}

/** Returns the token of the only `Authorization`. */
function tokenOf([value = '', ...others]: readonly string[]): string | undefined {
  if (others.length > 0) return undefined;
  return /^Bearer +([A-Za-z0-9._~+/-]+=*)$/i.exec(value)?.[1];
}

function forgetOldest(remembered: Map<string, unknown>): void {
  for (const [oldest] of remembered) {
    remembered.delete(oldest);
    return;
  }
}
