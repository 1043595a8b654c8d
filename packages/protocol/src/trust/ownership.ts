import { quote } from '../untrusted.ts';
import type { Announcement } from '../wire/announcement-types.ts';
import type { Refusal, RefusalCode } from '../wire/refusal.ts';
import type { Statement } from '../wire/statement.ts';
import { keyIdIn, keyIdOf } from './service-key.ts';
import { signedText } from './signed-text.ts';

/** A service key that owns prefixes. */
export interface OwnerKey {
  /** Its public half, such as `rpk_…`. */
  readonly key: string;
  /** When it ceases to be an owner: milliseconds since 1970. Default: never. */
  readonly until?: number;
}

/** Who may announce which prefixes. */
export interface OwnershipRules {
  /**
   * The owners of each prefix. `/v1` is the prefix and all below it, `/v1/*` all below it. The longest one that holds for a
   * prefix counts.
   */
  readonly owners: Readonly<Record<string, readonly OwnerKey[]>>;
  /** Whether a prefix without owners can be announced by every program that can publish. */
  readonly unowned: 'allow' | 'refuse';
}

export interface OwnershipOptions extends OwnershipRules {
  /** The name of the registry's channel. */
  readonly registry: string;
  /** Whether a signature, in base64url, of a text is by the key with this public half. */
  readonly verify: (publicKey: string, text: string, signature: string) => boolean;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Announcements whose signatures were verified, and need not be again. */
  readonly verified: WeakSet<Announcement>;
}

/** The keys that own a prefix, by their ids. */
type Owners = ReadonlyMap<string, OwnerKey>;

/**
 * Judges whether a statement comes from who may make it. It does not matter who carries it: an owner, another observer or a
 * snapshot.
 */
export class Ownership {
  readonly #options: OwnershipOptions;
  readonly #prefixes = new Map<string, Owners>();
  readonly #below = new Map<string, Owners>();
  /** The public halves of all keys, by their ids. */
  readonly #keys = new Map<string, string>();

  constructor(options: OwnershipOptions) {
    this.#options = options;
    for (const [pattern, owners] of Object.entries(options.owners)) {
      const rules = pattern.endsWith('/*') ? this.#below : this.#prefixes;
      const byId = owners.map((owner) => [keyIdOf(owner.key), owner] as const);
      rules.set(pattern.replace(/\/\*?$/, ''), new Map(byId));
      for (const [id, { key }] of byId) this.#keys.set(id, key);
    }
  }

  /**
   * Returns why a statement is refused, or undefined if it is accepted.
   * @param held what the table holds of the instance
   */
  refusal(statement: Statement, held?: Statement): Refusal | undefined {
    const { announcement } = statement;
    const owners = this.#ownersOf(announcement.prefix);
    const keyId = announcement.id === undefined ? undefined : keyIdIn(announcement.id);
    const signer = keyId === undefined ? undefined : this.#keys.get(keyId);
    if (owners === undefined && this.#options.unowned === 'refuse')
      return refused('unowned', announcement, 'its prefix has no owner, and such are refused');
    if (owners === undefined && signer === undefined) return undefined;
    if (announcement.sig === undefined)
      return refused(
        'unsigned',
        announcement,
        'it is not signed, and its prefix or its id has an owner',
      );
    if (keyId === undefined || signer === undefined)
      return refused('not-owner', announcement, 'the key at the end of its id owns no prefix');
    const owner = owners?.get(keyId);
    if (owners !== undefined && owner === undefined)
      return refused(
        'not-owner',
        announcement,
        `it is signed by ${signer}, which does not own its prefix`,
      );
    if (!this.#isValid(owner?.until))
      return refused('not-owner', announcement, `its key ${signer} has expired`);
    return this.#isGenuine(statement, held, signer)
      ? undefined
      : refused(
          'bad-signature',
          announcement,
          `its signature is not by ${signer}, or is of something else`,
        );
  }

  /** Whether the key with this public half owns a prefix, now. */
  isOwner(publicKey: string): boolean {
    const entries = Object.values(this.#options.owners).flat();
    return entries.some(({ key, until }) => key === publicKey && this.#isValid(until));
  }

  /** When the next key expires, in milliseconds since 1970. Infinity if none does. */
  nextExpiry(): number {
    const now = this.#options.now();
    const ends = Object.values(this.#options.owners)
      .flat()
      .flatMap(({ until = Infinity }) => (until > now ? until : []));
    return Math.min(Infinity, ...ends);
  }

  #isValid(until = Infinity): boolean {
    return this.#options.now() < until;
  }

  #isGenuine(statement: Statement, held: Statement | undefined, key: string): boolean {
    const { announcement } = statement;
    const { sig = '' } = announcement;
    const text = signedText(this.#options.registry, statement);
    const isKnown =
      held !== undefined &&
      held.announcement.sig === sig &&
      this.#options.verified.has(held.announcement) &&
      signedText(this.#options.registry, held) === text;
    if (!isKnown && !this.#options.verify(key, text, sig)) return false;
    this.#options.verified.add(announcement);
    return true;
  }

  /** The keys that own a prefix, or undefined if it has no owners. */
  #ownersOf(prefix: string): Owners | undefined {
    const own = this.#prefixes.get(prefix);
    if (own !== undefined) return own;
    for (let at = prefix.lastIndexOf('/'); at >= 0; at = prefix.lastIndexOf('/', at - 1)) {
      const above = prefix.slice(0, at);
      const owners = this.#below.get(above) ?? this.#prefixes.get(above);
      if (owners !== undefined) return owners;
      if (at === 0) break;
    }
    return undefined;
  }
}

function refused(
  code: RefusalCode,
  { prefix, id, address, port }: Announcement,
  why: string,
): Refusal {
  const named = id === undefined ? '' : `, id ${quote(id)}`;
  return {
    code,
    reason: `${quote(prefix || '/')} at ${quote(`${address}:${port}`)}${named}: ${why}`,
  };
}
