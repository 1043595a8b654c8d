import { BROKER_MUTANTS } from './brokers.js';
import { ENDPOINT_MUTANTS } from './endpoints.js';
import { PROBE_MUTANTS } from './probes.js';
import { TABLE_MUTANTS } from './table.js';

/**
 * The rules of the protocol, each with a change to the source that breaks it. `npm run mutants` applies them one
 * at a time. At each, a test must fail.
 * @type {{ rule: string, file: string, from: string, to: string }[]}
 */
export const PROTOCOL_MUTANTS = [
  ...TABLE_MUTANTS,
  ...ENDPOINT_MUTANTS,
  ...PROBE_MUTANTS,
  ...BROKER_MUTANTS,
  {
    rule: 'the higher incarnation wins whole',
    file: 'table/merge.ts',
    from: 'return incA > incB ? a : b;',
    to: 'return b;',
  },
  {
    rule: 'within an incarnation the higher seq wins',
    file: 'table/merge.ts',
    from: 'return seqA > seqB ? a : b;',
    to: 'return b;',
  },
  {
    rule: 'an exit wins, even if a later announcement of its incarnation overtakes it',
    file: 'table/merge.ts',
    from: 'return a.left ? a : b;',
    to: 'return b;',
  },
  {
    rule: 'every observer breaks a tie in the same way',
    file: 'table/merge.ts',
    from: 'return textOf(a) >= textOf(b) ? a : b;',
    to: 'return b;',
  },
  {
    rule: 'owners own all below their prefix',
    file: 'trust/owners.ts',
    from: 'this.#below.get(above) ?? this.#prefixes.get(above)',
    to: 'this.#below.get(above)',
  },
  {
    rule: 'the longest prefix with owners counts',
    file: 'trust/owners.ts',
    from: 'if (own !== undefined) return own;',
    to: '',
  },
  {
    rule: 'an id that ends in the id of a key is that of the key, under every prefix',
    file: 'trust/ownership.ts',
    from: 'if (owners === undefined && signer === undefined) return undefined;',
    to: 'if (owners === undefined) return undefined;',
  },
  {
    rule: 'only the owners of a prefix announce it',
    file: 'trust/ownership.ts',
    from: 'if (owners !== undefined && owner === undefined)',
    to: 'if (false)',
  },
  {
    rule: 'a key that has expired owns nothing',
    file: 'trust/ownership.ts',
    from: 'return this.#options.now() < until;',
    to: 'return true;',
  },
  {
    rule: 'a signature is verified',
    file: 'trust/ownership.ts',
    from: 'if (!isKnown && !this.#options.verify(key, text, sig)) return false;',
    to: '',
  },
  {
    rule: 'a changed announcement is verified anew',
    file: 'trust/ownership.ts',
    from: 'signedText(registry, held) === text;',
    to: 'true;',
  },
  {
    rule: 'an exit is not signed as a register',
    file: 'trust/signed-text.ts',
    from: "left ? 'exit' : 'register'",
    to: "left ? 'register' : 'register'",
  },
  {
    rule: 'a signature holds in one registry only',
    file: 'trust/signed-text.ts',
    from: "'register'} ${registry}\\n",
    to: "'register'}\\n",
  },
  {
    rule: 'an observer that subscribes again asks for what it missed',
    file: 'observer/conversation.ts',
    from: 'publish: [this.#rollCall(now)] };',
    to: 'publish: [] };',
  },
  {
    rule: 'a gateway calls the roll regularly',
    file: 'observer/conversation.ts',
    from: 'now >= this.#rollCallAt ? [this.#rollCall(now)] : []',
    to: '[]',
  },
  {
    rule: 'an answer holds only what the digest lacks',
    file: 'wire/digest.ts',
    from: 'filter((statement) => !known.has(hashOf(statement)))',
    to: 'filter(() => known.size >= 0)',
  },
  {
    rule: 'an observer that receives a roll call with news calls the roll itself',
    file: 'observer/conversation.ts',
    from: 'hasUnknown ||= unknown > 0 && !isEcho;',
    to: 'hasUnknown = false;',
  },
  {
    rule: 'a roll call that another one caused causes no further one',
    file: 'observer/conversation.ts',
    from: 'hasUnknown ||= unknown > 0 && !isEcho;',
    to: 'hasUnknown ||= unknown > 0;',
  },
  {
    rule: 'an owner outbids a later run that another program holds',
    file: 'owner/owner.ts',
    from: 'return Math.max(now, this.#outbidFrom);',
    to: 'return undefined;',
  },
  {
    rule: 'an owner outbids its own run only if that has left',
    file: 'owner/owner.ts',
    from: '(held === inc && !left)',
    to: 'held === inc',
  },
  {
    rule: 'the waits between two outbids double',
    file: 'owner/owner.ts',
    from: 'Math.min(MAX_OUTBID_MS, this.#outbidWait * 2)',
    to: 'MIN_OUTBID_MS',
  },
  {
    rule: 'an owner does not answer an asker that has its announcement',
    file: 'owner/owner.ts',
    from: 'if (isIn(digest, { announcement: this.#announcement, left: false })) return undefined;',
    to: '',
  },
  {
    rule: 'the more instances there are, the longer answers are spread',
    file: 'owner/owner.ts',
    from: 'Math.min(MAX_ANSWER_MS, size * ANSWER_MS_PER_INSTANCE) * random',
    to: 'ANSWER_MS_PER_INSTANCE * random',
  },
  {
    rule: 'each change has the next seq',
    file: 'owner/owner.ts',
    from: 'seq: seq + 1 }',
    to: 'seq }',
  },
  {
    rule: 'an owner that publishes as a run which is over is corrected',
    file: 'observer/outdated-owners.ts',
    from: 'return heldInc > inc || (heldInc === inc && held?.left === true) ? held : undefined;',
    to: 'return heldInc > inc + Infinity ? held : undefined;',
  },
  {
    rule: 'an owner that publishes as a run which has left is corrected',
    file: 'observer/outdated-owners.ts',
    from: ' || (heldInc === inc && held?.left === true)',
    to: '',
  },
  {
    rule: 'the correction is repeated while the owner is in its presence channel',
    file: 'observer/outdated-owners.ts',
    from: 'if (isPresent) messages.push(...this.#correct(id, announcement, true, now));',
    to: 'if (false) messages.push(...this.#correct(id, announcement, true, now));',
  },
  {
    rule: 'the correction is not repeated at once',
    file: 'observer/outdated-owners.ts',
    from: 'if (last !== undefined && now < last.dueAt && !hasJoined) return [];',
    to: '',
  },
  {
    rule: 'an instance that a presence snapshot lacks is suspect',
    file: 'observer/conversation.ts',
    from: 'if (inc !== undefined && held?.ttl === undefined && !isPresent)',
    to: 'if (false)',
  },
  {
    rule: 'an instance with a lease need not be in its presence channel',
    file: 'observer/conversation.ts',
    from: 'held?.ttl === undefined && !isPresent',
    to: '!isPresent',
  },
  {
    rule: 'a member of a presence channel announces the run in its user_id and no other',
    file: 'observer/presence-member.ts',
    from: 'if (value.id === id && isRunOf(userId, id, value.inc)) return parsed;',
    to: 'if (value.id === id) return parsed;',
  },
  {
    rule: 'the address policy applies to what owners announce',
    file: 'observer/conversation.ts',
    from: 'const refusal = this.#context.refusal(statement, true);',
    to: 'const refusal = undefined as Refusal | undefined;',
  },
  {
    rule: 'the address policy applies to presence',
    file: 'observer/conversation.ts',
    from: 'const refusal = this.#context.refusal({ announcement, left: false }, true);',
    to: 'const refusal = undefined as Refusal | undefined;',
  },
  {
    rule: 'the address policy applies to what other observers report',
    file: 'observer/observer.ts',
    from: 'const refusal = this.#refusal(statement, false);',
    to: 'const refusal = undefined as Refusal | undefined;',
  },
  {
    rule: 'metadata services are not accepted as instances',
    file: 'observer/address-policy.ts',
    from: 'if (all.some((each) => METADATA.has(each)))',
    to: 'if (false)',
  },
  {
    rule: 'an IPv6 address is judged by the IPv4 address that it embeds',
    file: 'wire/address.ts',
    from: '? [] : embeddedIPv4(address);',
    to: '? [] : [];',
  },
  {
    rule: 'the gateway is not accepted as an instance of its own',
    file: 'observer/address-policy.ts',
    from: 'const why = own === undefined ? forbidden(address) : `it is ${own}`;',
    to: 'const why = forbidden(address);',
  },
  {
    rule: 'loopback is accepted only by an observer on loopback',
    file: 'observer/address-policy.ts',
    from: '!rules.allowsLoopback && all.some(isLoopback)',
    to: 'false',
  },
];
