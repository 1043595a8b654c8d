import type { FilterProblem } from '@rollcall/proxy';
import type { JWTPayload, JWTVerifyOptions } from 'jose';
import type { JwtSettings } from './jwt-settings.ts';
import type { KeySet } from './jwks.ts';
import { forbidden, unauthenticated } from './refusals.ts';
import { claimText, hasClaim, scopesOf } from './token-claims.ts';

/** What a valid token proves. */
export interface Proof {
  readonly consumer: string;
  /** Fields for the instance. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  /** Why its owner may not call all the same. */
  readonly refusal: FilterProblem | undefined;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

/** Why a token is not accepted. */
interface Refused extends FilterProblem {
  /** Whether the issuer has signed it: if not, the client may have guessed it. */
  readonly isSigned: boolean;
}

/** Why a token is not valid, by the codes of `jose`. */
const REASONS: Readonly<Record<string, string>> = {
  ERR_JWT_EXPIRED: 'The token has expired.',
  ERR_JOSE_ALG_NOT_ALLOWED: 'The algorithm of the token is not accepted.',
  ERR_JWKS_NO_MATCHING_KEY: 'The token is signed with an unknown key.',
  ERR_JWKS_MULTIPLE_MATCHING_KEYS: 'The token does not say by which key it is signed.',
  ERR_JWS_SIGNATURE_VERIFICATION_FAILED: 'The signature of the token is wrong.',
};

const MAX_CONSUMER_LENGTH = 256;

/** Verifies tokens by the settings of a route. */
export class TokenVerifier {
  readonly #settings: JwtSettings;
  readonly #keys: KeySet;
  readonly #date: () => number;
  readonly #options: JWTVerifyOptions;

  /** @param date milliseconds since 1970 */
  constructor(settings: JwtSettings, keys: KeySet, date: () => number) {
    const { issuer = '', audience = [], algorithms, clockSkew } = settings;
    this.#settings = settings;
    this.#keys = keys;
    this.#date = date;
    this.#options = {
      issuer,
      ...(audience.length > 0 && { audience: [...audience] }),
      algorithms: [...algorithms],
      clockTolerance: clockSkew,
      // A token that never ends cannot be withdrawn.
      requiredClaims: ['exp'],
    };
  }

  /** @throws KeysUnavailable */
  async verify(token: string): Promise<Proof | Refused> {
    const { jwtVerify, errors } = await import('jose');
    let payload: JWTPayload;
    try {
      const currentDate = new Date(this.#date());
      ({ payload } = await jwtVerify(token, this.#keys.find, { ...this.#options, currentDate }));
    } catch (error) {
      if (!(error instanceof errors.JOSEError)) throw error;
      if (error instanceof errors.JWTClaimValidationFailed)
        return invalid(`The claim ${error.claim} of the token is not accepted.`);
      const isSigned = error instanceof errors.JWTExpired;
      return invalid(REASONS[error.code] ?? 'The token is malformed.', isSigned);
    }
    return this.#proofOf(payload);
  }

  #proofOf(payload: JWTPayload): Proof | Refused {
    const { consumerClaim, forwardClaims, clockSkew } = this.#settings;
    const consumer = payload[consumerClaim] ?? claimText(payload, consumerClaim);
    if (typeof consumer !== 'string' || consumer === '' || consumer.length > MAX_CONSUMER_LENGTH)
      return invalid(`The token has no claim ${consumerClaim} that names a consumer.`);
    const fields = Object.entries(forwardClaims).flatMap(([name, claim]) => {
      const value = claimText(payload, claim);
      return value === undefined ? [] : [[name, value] as const];
    });
    const expiresAt = ((payload.exp ?? 0) + clockSkew) * 1000;
    return { consumer, fields, refusal: this.#refusal(payload), expiresAt };
  }

  #refusal(payload: JWTPayload): FilterProblem | undefined {
    const { scopes, claims } = this.#settings;
    const granted = scopesOf(payload);
    if (scopes.some((each) => !granted.has(each))) {
      const scope = scopes.join(' ');
      const challenge = `Bearer error="insufficient_scope", scope="${scope}"`;
      return forbidden(`The token needs the scopes ${scope}.`, [['www-authenticate', challenge]]);
    }
    const lacking = Object.entries(claims).find(([name, value]) => !hasClaim(payload, name, value));
    return lacking && forbidden(`The claim ${lacking[0]} of the token is not accepted.`);
  }
}

function invalid(detail: string, isSigned: boolean = true): Refused {
  const challenge = `Bearer error="invalid_token", error_description="${detail}"`;
  return { ...unauthenticated(detail, challenge), isSigned };
}
