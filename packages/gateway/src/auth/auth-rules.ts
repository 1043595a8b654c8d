import { isSignedBy } from '@rollcall/client';
import {
  AUTH_WINDOW_S,
  authRequestText,
  isRecord,
  keyIdIn,
  keyIdOf,
  Ownership,
  parseAnnouncement,
  parseProof,
  quote,
} from '@rollcall/protocol';
import type { AuthProof, Channels, Owned, OwnerKey } from '@rollcall/protocol';
import { AuthRefusal } from './problem.ts';

const SOCKET_ID = /^[0-9]{1,20}\.[0-9]{1,20}$/;

export interface AuthRulesOptions {
  readonly channels: Channels;
  /** The keys of each prefix. */
  readonly owners: Readonly<Record<string, readonly OwnerKey[]>>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** A subscription that the holder of a key may make. */
export interface GrantedSubscription {
  readonly socketId: string;
  readonly channelName: string;
  /** With what it joins the presence channel of its instance. */
  readonly announcement: Owned | undefined;
}

/** What the holder of a key may publish. */
export interface GrantedEvent {
  readonly event: 'register' | 'exit';
  readonly announcement: Owned;
}

/** Decides what the holder of a service key may do: for the prefixes of that key alone, and nothing else. */
export class AuthRules {
  readonly #channels: Channels;
  readonly #ownership: Ownership;
  readonly #now: () => number;

  constructor({ channels, owners, now }: AuthRulesOptions) {
    this.#channels = channels;
    this.#now = now;
    this.#ownership = new Ownership({
      owners,
      unowned: 'refuse',
      registry: channels.registry,
      verify: isSignedBy,
      verified: new WeakSet(),
      now,
    });
  }

  /**
   * Who sends a request: the public half of the key that has signed it.
   * @throws AuthRefusal
   */
  sender(authorization: string, path: string, body: string): string {
    const proof = parseProof(authorization);
    if (proof === undefined)
      throw new AuthRefusal(
        'proof-needed',
        'Send "Authorization: Rollcall key=rpk_…, time=SECONDS, signature=…".',
      );
    this.#checkTime(proof);
    const { key, time, signature } = proof;
    if (!this.#ownership.isOwner(key))
      throw new AuthRefusal('unknown-key', `${key} owns no prefix here.`);
    if (!isSignedBy(key, authRequestText(path, time, body), signature))
      throw new AuthRefusal('bad-proof', `The signature is not by ${key}, or of another request.`);
    return key;
  }

  /** @throws AuthRefusal */
  subscription(key: string, fields: Readonly<Record<string, unknown>>): GrantedSubscription {
    const { socket_id: socketId, channel_name: channelName } = fields;
    if (typeof socketId !== 'string' || !SOCKET_ID.test(socketId))
      throw new AuthRefusal('bad-request', `socket_id is ${quote(socketId)}.`);
    if (channelName === this.#channels.owners)
      return { socketId, channelName, announcement: undefined };
    const announcement = this.#announcement(key, fields['announcement'], false);
    if (channelName !== this.#channels.presencePrefix + announcement.id)
      throw new AuthRefusal(
        'not-allowed',
        `${quote(channelName)} is neither the channel of this instance nor that of roll calls.`,
      );
    return { socketId, channelName, announcement };
  }

  /** @throws AuthRefusal */
  event(key: string, { event, announcement }: Readonly<Record<string, unknown>>): GrantedEvent {
    if (event !== 'register' && event !== 'exit')
      throw new AuthRefusal(
        'bad-request',
        `event is ${quote(event)}; it must be register or exit.`,
      );
    return { event, announcement: this.#announcement(key, announcement, event === 'exit') };
  }

  #checkTime({ time }: AuthProof): void {
    const now = Math.floor(this.#now() / 1000);
    if (Math.abs(now - time) <= AUTH_WINDOW_S) return;
    throw new AuthRefusal(
      'proof-expired',
      `The time is ${time}, and here it is ${now}: correct the clock of the sender.`,
    );
  }

  #announcement(key: string, fields: unknown, left: boolean): Owned {
    const parsed = parseAnnouncement(isRecord(fields) ? fields : {});
    if (!parsed.ok) throw new AuthRefusal('bad-announcement', parsed.refusal.reason);
    const { id, inc, seq } = parsed.value;
    if (id === undefined || inc === undefined || seq === undefined)
      throw new AuthRefusal('bad-announcement', 'It needs id, inc and seq.');
    const announcement = { ...parsed.value, id, inc, seq };
    const refusal = this.#ownership.refusal({ announcement, left });
    if (refusal !== undefined) throw new AuthRefusal('not-allowed', refusal.reason);
    if (keyIdIn(id) !== keyIdOf(key))
      throw new AuthRefusal('not-allowed', `${quote(id)} is an instance of another key.`);
    return announcement;
  }
}
