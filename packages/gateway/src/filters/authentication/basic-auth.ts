import { hash, randomBytes } from 'node:crypto';
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
import { hashPassword, isPassword } from './password.ts';
import { proveConsumer } from './proven.ts';
import { unauthenticated, undecidable } from './refusals.ts';

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

/** Each takes 16 MB and about 150 ms of a core, so that a flood of wrong ones must not take all. */
const MAX_CHECKS = 4;
const MAX_REMEMBERED = 1000;
const MAX_CREDENTIALS_LENGTH = 1024;

function basicAuthFilter(
  { realm, consumers, hideCredentials }: BasicAuthSettings,
  context: FilterContext,
): Filter {
  const refusalOf = consumerCheck(consumers);
  const challenge = `Basic realm="${realm}", charset="UTF-8"`;
  // Checked credentials by a hash that only this process can make.
  const secret = randomBytes(32).toString('hex');
  const remembered = new Set<string>();
  let checks = 0;

  function pass(request: FilterRequest, name: string): FilterOutcome | undefined {
    const refusal = refusalOf(name);
    if (refusal !== undefined) return refusal;
    if (hideCredentials) hideCredential(request, 'authorization');
    proveConsumer(request, name);
    return undefined;
  }

  async function check(name: string, password: string): Promise<boolean> {
    checks++;
    try {
      return await isPasswordOf(name, password, context);
    } finally {
      checks--;
    }
  }

  return {
    name: 'basicAuth',
    onRequest(request) {
      const credentials = credentialsOf(request.fields.getAll('authorization'));
      if (credentials === undefined)
        return unauthenticated('The request has no user name and password.', challenge);
      const [name, password] = credentials;
      const fingerprint = hash('sha256', `${secret}${name}:${password}`, 'base64');
      if (remembered.has(fingerprint)) return pass(request, name);
      if (checks >= MAX_CHECKS)
        return undecidable('Too many passwords are being checked. Try again soon.');
      return check(name, password).then((isRight) => {
        if (!isRight) return unauthenticated('The user name or the password is wrong.', challenge);
        if (remembered.size >= MAX_REMEMBERED) remembered.clear();
        remembered.add(fingerprint);
        return pass(request, name);
      });
    },
  };
}

let decoy: Promise<string> | undefined;

/** Takes as long for a consumer that does not exist, so that names cannot be probed. */
async function isPasswordOf(
  name: string,
  password: string,
  { consumers }: FilterContext,
): Promise<boolean> {
  const hashes = consumers.passwordsOf(name);
  if (hashes.length === 0) {
    await isPassword(password, await (decoy ??= hashPassword('')));
    return false;
  }
  const results = await Promise.all(hashes.map((each) => isPassword(password, each)));
  return results.includes(true);
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
