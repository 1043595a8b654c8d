import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { encodeAnnouncement, parseAnnouncement } from '@rollcall/protocol';

interface Vector {
  name: string;
  input: unknown;
  expect?: Record<string, unknown>;
  refused?: string;
}

const vectors = JSON.parse(
  readFileSync(new URL('../../../../conformance/announcements.json', import.meta.url), 'utf8'),
) as { cases: Vector[] };

describe('parseAnnouncement, by the conformance vectors', () => {
  it.each(vectors.cases)('$name', ({ input, expect: canonical, refused }) => {
    const parsed = parseAnnouncement(input);
    if (parsed.ok) {
      expect(refused, 'accepted what must be refused').toBeUndefined();
      expect(encodeAnnouncement(parsed.value)).toEqual(canonical);
    } else {
      expect(parsed.refusal.code).toBe(refused);
      expect(parsed.refusal.reason, 'a reason is one printable line').toMatch(
        /^[^\p{Cc}]{10,400}$/u,
      );
    }
  });
});

describe('parseAnnouncement', () => {
  it('keeps a field named __proto__ as data', () => {
    const parsed = parseAnnouncement(
      JSON.parse('{"prefix":"/v1","port":1,"address":"10.0.0.1","__proto__":{"admin":true}}'),
    );
    expect(parsed.ok).toBe(true);
    expect(({} as Record<string, unknown>)['admin']).toBeUndefined();
    expect(parsed.ok && Object.getPrototypeOf(parsed.value)).toBe(Object.prototype);
  });
});
