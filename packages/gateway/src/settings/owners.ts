import type { OwnershipConfig } from '@rollcall/client';
import { isPublicKey, parsePrefix } from '@rollcall/protocol';
import type { OwnerKey } from '@rollcall/protocol';
import type { Format, Resolved } from '@rollcall/runtime/settings';

const OWNED_PREFIX: Format = {
  expected: 'a prefix such as /v1, or /v1/* for all below it',
  parse(text) {
    const [, prefix = text, below = ''] = /^(.*)(\/\*)$/.exec(text) ?? [];
    const parsed = parsePrefix(prefix);
    return parsed.ok ? `${parsed.value}${below}` || '/' : undefined;
  },
};

const UNTIL = /^(\S+) until (\S+)$/;

const OWNER_KEY: Format = {
  expected:
    'the public half of a service key, rpk_ and 43 characters, and if it expires the time, such as "rpk_… until 2027-01-31T00:00:00Z"',
  parse(text) {
    const { key, until } = ownerKeyOf(text);
    return isPublicKey(key) && !Number.isNaN(until) ? text : undefined;
  },
};

function ownerKeyOf(text: string): OwnerKey {
  const [, key, until] = UNTIL.exec(text) ?? [];
  return key === undefined || until === undefined
    ? { key: text }
    : { key, until: Date.parse(until) };
}

/** Who may announce which prefixes. */
export const OWNERS_SETTINGS = {
  owners: {
    type: 'lists',
    keys: OWNED_PREFIX as typeof OWNED_PREFIX,
    items: OWNER_KEY as typeof OWNER_KEY,
    default: {},
    reloads: true,
    example: { '/v1': ['rpk_11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo'] },
    doc: 'The public halves of the service keys that may announce a prefix and all below it; `/v1/*` is all below `/v1` only, and the longest that holds counts. Announcements that none of them signed are refused. A key may end: `rpk_… until 2027-01-31T00:00:00Z`.',
  },
  unowned: {
    type: 'choice',
    words: ['allow', 'refuse'],
    default: 'allow',
    reloads: true,
    doc: 'Whether a prefix without `owners` may be announced by every program that can publish, or by none.',
  },
  ownership: {
    type: 'choice',
    words: ['enforce', 'report'],
    default: 'enforce',
    reloads: true,
    doc: 'Whether announcements are refused that `owners` and `unowned` do not allow, or accepted and reported, while services receive their keys.',
  },
} as const;

/** What a gateway asks of announcements. */
export function ownershipOf({
  owners,
  unowned,
  ownership,
}: Resolved<typeof OWNERS_SETTINGS>): OwnershipConfig {
  const entries = Object.entries(owners).map(
    ([prefix, keys]) => [prefix, keys.map(ownerKeyOf)] as const,
  );
  return { owners: Object.fromEntries(entries), unowned, mode: ownership };
}
