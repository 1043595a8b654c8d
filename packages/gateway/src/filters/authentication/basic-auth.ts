import { clientNetwork } from '@rollcall/proxy';
import type { Filter, FilterOutcome, FilterRequest } from '@rollcall/proxy';
import type { Format, Resolved } from '@rollcall/runtime/settings';
import {
  ALLOWED_CONSUMERS,
  consumerCheck,
  HIDE_CREDENTIALS,
  hideCredential,
  unknownConsumers,
} from './authentication.ts';
import { OFF_BY_DEFAULT } from '../filter-kind.ts';
import type { FilterContext } from '../filter-context.ts';
import type { FilterKind } from '../filter-kind.ts';
import type { Credentials } from './password-checker.ts';
import { proveConsumer } from './proven.ts';
import { loginLimited, unauthenticated, undecidable } from './refusals.ts';

const REALM: Format = {
  expected: 'a text without quotes, such as Reports',
  parse: (text) => (/^[\x20\x21\x23-\x5b\x5d-\x7e]{1,64}$/.test(text) ? text : undefined),
};

const SETTINGS = {
  enabled: OFF_BY_DEFAULT as typeof OFF_BY_DEFAULT,
  realm: {
    type: 'text',
    format: REALM as typeof REALM,
    default: 'Rollcall',
    doc: 'What browsers show when they ask for a password.',
  },
  consumers: ALLOWED_CONSUMERS as typeof ALLOWED_CONSUMERS,
  hideCredentials: HIDE_CREDENTIALS as typeof HIDE_CREDENTIALS,
} as const;

type BasicAuthSettings = Resolved<typeof SETTINGS>;

/** Basic authentication (RFC 7617): the user name is that of a consumer. */
export const BASIC_AUTH: FilterKind<typeof SETTINGS> = {
  settings: {
    type: 'group',
    settings: SETTINGS,
    reloads: true,
    perRoute: true,
    doc: 'Basic authentication: consumers call with their name and a password.',
  },
  faults: ({ consumers }, { isConsumer }) => unknownConsumers(consumers, isConsumer),
  create: (settings, context) =>
    settings.enabled ? basicAuthFilter(settings, context) : undefined,
  describe: ({ consumers }) =>
    `requires the password of ${consumers?.join(', ') ?? 'any consumer'}`,
};

const MAX_CREDENTIALS_LENGTH = 1024;

function basicAuthFilter(
  { realm, consumers, hideCredentials }: BasicAuthSettings,
  context: FilterContext,
): Filter {
  const refusalOf = consumerCheck(consumers);
  const challenge = `Basic realm="${realm}", charset="UTF-8"`;
  const { consumers: known, passwords, failedLogins } = context;

  function pass(request: FilterRequest, name: string): FilterOutcome | undefined {
    const refusal = refusalOf(name);
    if (refusal !== undefined) return refusal;
    if (hideCredentials) hideCredential(request, 'authorization');
    proveConsumer(request, name);
    return undefined;
  }

  async function login(
    request: FilterRequest,
    credentials: Credentials,
  ): Promise<FilterOutcome | undefined> {
    const address = clientNetwork(request.clientAddress);
    const mayTry = (): boolean => failedLogins.refusalOf(request) === undefined;
    const isCrowded = passwords.isWaiting(address);
    const isRight = await passwords.check(address, credentials, mayTry);
    if (isRight === true) return pass(request, credentials.name);
    if (isRight === false)
      return failedLogins.failed(
        request,
        unauthenticated('The user name or the password is wrong.', challenge),
      );
    const limited = failedLogins.refusalOf(request);
    if (limited !== undefined) return limited;
    if (isCrowded) return loginLimited(0);
    return undecidable('Too many passwords are being checked. Try again soon.');
  }

  return {
    name: 'basicAuth',
    onRequest(request) {
      const given = credentialsOf(request.fields.getAll('authorization'));
      if (given === undefined)
        return unauthenticated('The request has no user name and password.', challenge);
      const [name, password] = given;
      const credentials = { name, password, hashes: known.passwordsOf(name) };
      if (passwords.isRemembered(credentials)) return pass(request, name);
      return failedLogins.refusalOf(request) ?? login(request, credentials);
    },
  };
}

/** Returns name and password of the only `Authorization`. */
function credentialsOf([value = '', ...others]: readonly string[]):
  | readonly [name: string, password: string]
  | undefined {
  if (others.length > 0 || value.length > MAX_CREDENTIALS_LENGTH) return undefined;
  const encoded = /^Basic +(?<text>[A-Za-z0-9+/]+={0,2})$/i.exec(value)?.groups?.['text'];
  if (encoded === undefined) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon === -1 ? undefined : [text.slice(0, colon), text.slice(colon + 1)];
}
