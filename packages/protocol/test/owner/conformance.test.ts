import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { channelsOf, Owner, parsePresenceUserId, presenceUserId } from '@rollcall/protocol';
import type { Owned } from '@rollcall/protocol';

interface Version {
  id: string;
  inc: number;
  seq?: number;
}

interface Vectors {
  hashes: (Version & { left: boolean; hash: string })[];
  rollCalls: { name: string; digest: string; version: Version; asksFor: boolean }[];
  waits: { size: number; longest: number }[];
  channels: {
    registry: string;
    owners: string;
    id: string;
    presence: string;
    refused?: boolean;
  }[];
  members: { id: string; member: string; inc: number | null }[];
  outbids: { name: string; own: Version; told: Version & { left: boolean }; next: number | null }[];
  outbidWaits: number[];
}

const vectors = JSON.parse(
  readFileSync(new URL('../../../../conformance/owners.json', import.meta.url), 'utf8'),
) as Vectors;

function announcement({ id, inc, seq = 0 }: Version): Owned {
  return { prefix: '/v1', port: 3000, address: '10.0.0.7', id, inc, seq };
}

const ownerOf = (version: Version): Owner => new Owner(announcement(version));

describe('an owner, by the conformance vectors', () => {
  it.each(vectors.hashes)('has the hash $hash for $id $inc $seq left $left', (vector) => {
    const { left, hash, ...version } = vector;
    // An owner that is up answers unless its own hash is in the digest.
    const answer = ownerOf(version).answerAfter({ digest: hash, size: 0 }, 0);
    expect(answer === undefined).toBe(!left);
  });

  it.each(vectors.rollCalls)('answers or not: $name', ({ digest, version, asksFor }) => {
    const answer = ownerOf(version).answerAfter({ digest, size: 0 }, 0);
    expect(answer !== undefined).toBe(asksFor);
  });

  it.each(vectors.waits)('waits up to $longest ms among $size instances', ({ size, longest }) => {
    const owner = ownerOf({ id: 'a', inc: 1 });
    const wait = owner.answerAfter({ digest: '', size: Math.max(0, size) }, 1);
    expect(wait).toBe(longest);
  });

  it.each(vectors.outbids)('continues after $name', ({ own, told, next }) => {
    const owner = ownerOf(own);
    owner.received({ announcement: announcement(told), left: told.left }, 0);
    expect(owner.outbid(0)?.inc ?? null).toBe(next);
  });

  it('waits longer each time it outbids', () => {
    const owner = ownerOf({ id: 'a', inc: 1 });
    const waits = [];
    for (let now = 0; waits.length < vectors.outbidWaits.length;) {
      const { inc } = owner.announcement;
      const at = owner.received({ announcement: announcement({ id: 'a', inc }), left: true }, now);
      expect(at).toBe(now);
      owner.outbid(now);
      const again = { announcement: announcement({ id: 'a', inc: inc + 1 }), left: true };
      const next = owner.received(again, now) ?? NaN;
      waits.push((next - now) / 1000);
      now = next;
    }
    expect(waits).toEqual(vectors.outbidWaits);
  });
});

describe('the channels of a registry, by the conformance vectors', () => {
  it.each(vectors.channels)('$registry', ({ registry, owners, id, presence, refused }) => {
    const channels = channelsOf(registry);
    if (typeof channels === 'string') expect(refused).toBe(true);
    else expect([channels.owners, channels.presencePrefix + id]).toEqual([owners, presence]);
  });

  it.each(vectors.members)('$member in the channel of $id', ({ id, member, inc }) => {
    const run = parsePresenceUserId(member);
    expect(run?.id === id ? run.inc : null).toBe(inc);
    if (inc !== null) expect(presenceUserId({ id, inc })).toBe(member);
  });
});
