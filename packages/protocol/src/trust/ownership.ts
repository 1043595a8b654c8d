import { quote } from '../untrusted.ts';
import type { Announcement } from '../wire/announcement-types.ts';
import type { Refusal, RefusalCode } from '../wire/refusal.ts';
import type { Statement } from '../wire/statement.ts';
import { OwnersByPrefix } from './owners.ts';
import type { OwnerKey } from './owners.ts';
import { keyIdIn, keyIdOf } from './service-key.ts';
import { signedText } from './signed-text.ts';

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

/**
 * Judges whether a statement comes from who may make it. It does not matter who carries it: an owner, another observer or a
 * snapshot.
 */
export class Ownership {
  readonly #options: OwnershipOptions;
  readonly #owners: OwnersByPrefix;
  /** The public halves of all keys, by their ids. */
  readonly #keys = new Map<string, string>();

  constructor(options: OwnershipOptions) {
    this.#options = options;
    this.#owners = new OwnersByPrefix(options.owners);
    for (const { key } of Object.values(options.owners).flat()) this.#keys.set(keyIdOf(key), key);
  }

  /**
   * Returns why a statement is refused, or undefined if it is accepted.
   * @param held what the table holds of the instance
   */
  refusal(statement: Statement, held?: Statement): Refusal | undefined {
    const { announcement } = statement;
    const owners = this.#owners.of(announcement.prefix);
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
    const { registry, verified } = this.#options;
    const isVerified = held !== undefined && verified.has(held.announcement);
    if (isVerified && held.announcement === announcement) return true;
    const text = signedText(registry, statement);
    const isKnown =
      isVerified && held.announcement.sig === sig && signedText(registry, held) === text;
    if (!isKnown && !this.#options.verify(key, text, sig)) return false;
    verified.add(announcement);
    return true;
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
