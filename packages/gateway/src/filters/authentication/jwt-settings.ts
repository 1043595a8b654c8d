import type { Format, Resolved } from '@rollcall/runtime/settings';
import { ENABLED } from '../filter-kind.ts';
import { fieldNameProblem } from '../headers/header-fields.ts';
import { HTTP_URL } from './http-url.ts';

/** Asymmetric ones only: with these, a public key cannot be mistaken for a secret, and `none` is no signature. */
const ALGORITHMS = [
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'PS256',
  'PS384',
  'PS512',
  'RS256',
  'RS384',
  'RS512',
] as const;

const SCOPE: Format = {
  expected: 'a scope without spaces, such as reports:read',
  parse: (text) => (/^[\x21\x23-\x5b\x5d-\x7e]{1,256}$/.test(text) ? text : undefined),
};

const CLAIM: Format = {
  expected: 'the name of a claim, such as sub or realm_access.roles',
  parse: (text) => (/^[\x21-\x7e]{1,256}$/.test(text) ? text : undefined),
};

const VALUE: Format = {
  expected: 'a text',
  parse: (text) => (text === '' ? undefined : text),
};

const HEADER: Format = {
  expected: 'the name of a header',
  parse: (text) => (fieldNameProblem(text) === undefined ? text : undefined),
  problem: (text) => fieldNameProblem(text) ?? '',
};

export const JWT_SETTINGS = {
  enabled: ENABLED as typeof ENABLED,
  issuer: {
    type: 'text',
    example: 'https://login.example.com/',
    doc: 'Who must have issued a token: its claim `iss`, byte for byte. Without an issuer, the filter is off.',
  },
  audience: {
    type: 'list',
    defaultIs: 'required',
    example: ['https://api.example.com'],
    doc: 'Whom a token must be for: one of these in its claim `aud`. An empty list accepts every audience, also tokens that were issued for other services.',
  },
  jwksUrl: {
    type: 'text',
    format: HTTP_URL as typeof HTTP_URL,
    example: 'https://login.example.com/.well-known/jwks.json',
    doc: 'Where the public keys of the issuer are (JWKS). Redirects are not followed.',
  },
  jwksFile: {
    type: 'file',
    example: 'jwks.json',
    doc: 'File that holds the public keys (JWKS), in place of `jwksUrl`. It is read again when it changes.',
  },
  algorithms: {
    type: 'list',
    words: ALGORITHMS as typeof ALGORITHMS,
    default: ['ES256', 'ES384', 'EdDSA', 'PS256', 'RS256'],
    doc: 'Algorithms of signatures that are accepted.',
  },
  clockSkew: {
    type: 'integer',
    min: 0,
    max: 600,
    unit: 'seconds',
    default: 60,
    doc: 'How far the clocks of issuer and gateway may differ.',
  },
  scopes: {
    type: 'list',
    format: SCOPE as typeof SCOPE,
    default: [],
    example: ['reports:read'],
    doc: 'Scopes that a token must have, all of them: in its claim `scope` or `scp`.',
  },
  claims: {
    type: 'texts',
    keys: CLAIM as typeof CLAIM,
    values: VALUE as typeof VALUE,
    default: {},
    doc: 'Claims that a token must have, each with this value or a list that has it.',
  },
  consumerClaim: {
    type: 'text',
    format: CLAIM as typeof CLAIM,
    default: 'sub',
    doc: 'The claim that names the consumer.',
  },
  forwardClaims: {
    type: 'texts',
    keys: HEADER as typeof HEADER,
    values: CLAIM as typeof CLAIM,
    default: {},
    doc: 'Claims that instances receive, by header: `{"X-User-Email": "email"}`. Clients cannot set these headers.',
  },
  hideCredentials: {
    type: 'boolean',
    default: false,
    doc: 'Whether the token is removed from the request before an instance receives it.',
  },
} as const;

export type JwtSettings = Resolved<typeof JWT_SETTINGS>;
