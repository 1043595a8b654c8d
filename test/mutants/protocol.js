import { TABLE_MUTANTS } from './table.js';

// The load-bearing rules of the protocol, each with a change to the source that breaks it. `npm run mutants`
// makes them one at a time; a test must fail at each.
/** @type {{ rule: string, file: string, from: string, to: string }[]} */
export const MUTANTS = [
  ...TABLE_MUTANTS,
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
    rule: 'an exit and the latest words are joined apart',
    file: 'table/merge.ts',
    from: 'left: a.left || b.left,',
    to: 'left: (a.announcement.seq ?? 0) > (b.announcement.seq ?? 0) ? a.left : b.left,',
  },
  {
    rule: 'a tie is broken alike everywhere',
    file: 'table/merge.ts',
    from: 'return canonicalJson(a) >= canonicalJson(b) ? a : b;',
    to: 'return b;',
  },
  {
    rule: 'who subscribes again asks what it has missed',
    file: 'observer/observer.ts',
    from: 'publish: [this.#rollCall(now)] };',
    to: 'publish: [] };',
  },
  {
    rule: 'a gateway calls the roll now and then',
    file: 'observer/observer.ts',
    from: 'now >= this.#askAt ? [this.#rollCall(now)] : []',
    to: '[]',
  },
  {
    rule: 'an answer holds only what is not in the digest',
    file: 'wire/digest.ts',
    from: 'filter((statement) => !known.has(hashOf(statement)))',
    to: 'filter(() => known.size >= 0)',
  },
  {
    rule: 'a roll call that has news is asked back',
    file: 'observer/observer.ts',
    from: 'if (isEcho || told === 0) return answers;',
    to: 'if (isEcho || told >= 0) return answers;',
  },
  {
    rule: 'a roll call that was caused by one causes no other',
    file: 'observer/observer.ts',
    from: 'if (isEcho || told === 0) return answers;',
    to: 'if (told === 0) return answers;',
  },
  {
    rule: 'an owner goes beyond a run that it is told of',
    file: 'owner/owner.ts',
    from: 'return Math.max(now, this.#outbidFrom);',
    to: 'return undefined;',
  },
  {
    rule: 'an owner outbids what it has left as only if it is told so of its own run',
    file: 'owner/owner.ts',
    from: '(told === inc && !left)',
    to: 'told === inc',
  },
  {
    rule: 'the waits between two outbids double',
    file: 'owner/owner.ts',
    from: 'Math.min(OUTBID_MS_MOST, this.#outbidWait * 2)',
    to: 'OUTBID_MS_FIRST',
  },
  {
    rule: 'an owner is silent when the asker knows',
    file: 'owner/owner.ts',
    from: 'if (isIn(digest, { announcement: this.#announcement, left: false })) return undefined;',
    to: '',
  },
  {
    rule: 'answers spread the more, the more there are to answer',
    file: 'owner/owner.ts',
    from: 'Math.min(ANSWER_MS_MOST, size * ANSWER_MS_EACH) * random',
    to: 'ANSWER_MS_EACH * random',
  },
  {
    rule: 'each change is a later seq',
    file: 'owner/owner.ts',
    from: 'seq: seq + 1 }',
    to: 'seq }',
  },
  {
    rule: 'an owner that speaks as an over run is told so',
    file: 'observer/observer.ts',
    from: 'return heldInc > inc || (heldInc === inc && held?.left === true) ? held : undefined;',
    to: 'return heldInc > inc + Infinity ? held : undefined;',
  },
  {
    rule: 'an owner that speaks as the run it left as is told so',
    file: 'observer/observer.ts',
    from: ' || (heldInc === inc && held?.left === true)',
    to: '',
  },
  {
    rule: 'an owner that is there is told again until it is heard',
    file: 'observer/observer.ts',
    from: 'if (isThere) publish.push(...this.#tellBehind(id, announcement, true, now));',
    to: 'if (false) publish.push(...this.#tellBehind(id, announcement, true, now));',
  },
  {
    rule: 'an owner is not told again at once',
    file: 'observer/observer.ts',
    from: 'if (told !== undefined && now < told.at && !isMore) return [];',
    to: '',
  },
  {
    rule: 'whom a presence snapshot lacks is in doubt',
    file: 'observer/observer.ts',
    from: 'if (inc !== undefined && held?.ttl === undefined && !isThere)',
    to: 'if (false)',
  },
  {
    rule: 'who has a lease need not be in its presence channel',
    file: 'observer/observer.ts',
    from: 'held?.ttl === undefined && !isThere',
    to: '!isThere',
  },
  {
    rule: 'a member of a presence channel announces itself and nobody else',
    file: 'observer/observer.ts',
    from: 'if (value.id === id && isRun(userId, id, value.inc)) return parsed;',
    to: 'if (value.id === id) return parsed;',
  },
  {
    rule: 'the address policy holds for what owners say',
    file: 'observer/observer.ts',
    from: 'const refusal = this.#policy(announcement);\n        if (refusal !== undefined)',
    to: 'const refusal = this.#policy(announcement);\n        if (refusal !== refusal)',
  },
  {
    rule: 'the address policy holds for presence',
    file: 'observer/observer.ts',
    from: 'const refusal = this.#policy(announcement);\n    if (refusal !== undefined)',
    to: 'const refusal = this.#policy(announcement);\n    if (refusal !== refusal)',
  },
  {
    rule: 'the address policy holds for what others tell',
    file: 'observer/observer.ts',
    from: 'const refusal = this.#policy(statement.announcement);\n      if (refusal !== undefined)',
    to: 'const refusal = this.#policy(statement.announcement);\n      if (refusal !== refusal)',
  },
  {
    rule: 'metadata services are no instances',
    file: 'observer/address-policy.ts',
    from: 'if (METADATA.has(address))',
    to: 'if (false)',
  },
  {
    rule: 'the gateway is no instance of its own',
    file: 'observer/address-policy.ts',
    from: 'own.address === address && own.port === port',
    to: 'false',
  },
  {
    rule: 'loopback is for who is on loopback',
    file: 'observer/address-policy.ts',
    from: '!rules.allowsLoopback && isLoopback(address)',
    to: 'false',
  },
];
