import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ANNOUNCEMENT_FIELDS, parseAnnouncement } from '@rollcall/protocol';
import type { AnnouncementField, Field } from '@rollcall/protocol';

const MINIMAL = {
  prefix: '/v1',
  port: 1,
  address: '10.0.0.1',
  id: 'a',
  inc: 1,
  // What `tls` needs.
  scheme: 'https',
};
const optional = ANNOUNCEMENT_FIELDS.filter(({ isRequired }) => isRequired !== true);

/** The code with which an announcement is refused, or the field as it was read. */
function read(name: string, value: unknown): unknown {
  const parsed = parseAnnouncement({ ...MINIMAL, [name]: value });
  return parsed.ok ? { read: Reflect.get(parsed.value, name) } : parsed.refusal.code;
}

/** An object of so many strings. */
function entries(count: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, 'v']));
}

/** Values at the limits of what a field takes, and just beyond them. */
function limits(field: Field): { valid: unknown[]; invalid: unknown[] } {
  switch (field.type) {
    case 'integer': {
      const { min, max } = field;
      return { valid: [min, max], invalid: [min - 1, max + 1, min + 0.5, String(min), '', true] };
    }
    case 'text': {
      const longest = 'é'.repeat(field.maxLength);
      return { valid: ['a', longest], invalid: [`${longest}a`, '', 'a\nb', 1] };
    }
    case 'choice':
      return { valid: [...field.values], invalid: ['', 'other', `${field.values.join()}x`] };
    case 'boolean':
      return { valid: [true, false], invalid: ['true', 0] };
    case 'strings': {
      const { maxEntries } = field;
      return {
        valid: [{}, entries(maxEntries)],
        invalid: [entries(maxEntries + 1), { a: 1 }, [], 'a'],
      };
    }
    case 'pattern':
      return { valid: [field.example], invalid: ['', ' ', 1, {}] };
    default:
      return { valid: [], invalid: [] };
  }
}

describe('an announcement with the optional field', () => {
  const scalar = optional.filter(({ type }) => type !== 'object');
  it.each(scalar.map((field) => [field.name, field] as const))(
    '%s accepts exactly what the list says',
    (name, field) => {
      const { valid, invalid } = limits(field);
      for (const value of valid.filter((each) => each !== undefined))
        expect(read(name, value)).toEqual({ read: value });
      for (const value of invalid) expect([value, read(name, value)]).toEqual([value, field.code]);
    },
  );

  const nested = optional.flatMap((field): [string, AnnouncementField, Field][] =>
    field.type === 'object'
      ? field.fields.map((each) => [`${field.name}.${each.name}`, field, each])
      : [],
  );
  it.each(nested)('%s accepts exactly what the list says', (_path, { name, code }, field) => {
    const around = name === 'health' ? { path: '/h' } : {};
    const { valid, invalid } = limits(field);
    for (const value of valid.filter((each) => each !== undefined))
      expect(read(name, { ...around, [field.name]: value })).toMatchObject({
        read: { [field.name]: value },
      });
    for (const value of invalid)
      expect([value, read(name, { ...around, [field.name]: value })]).toEqual([value, code]);
  });
});

describe('the list of announcement fields', () => {
  it('is the list that other languages are tested against', () => {
    const file = new URL('../../../../conformance/announcement-fields.json', import.meta.url);
    const listed: unknown = JSON.parse(readFileSync(file, 'utf8'));
    const plain: unknown = JSON.parse(JSON.stringify(ANNOUNCEMENT_FIELDS, withoutPattern));
    expect(listed).toEqual(plain);
  });

  it('has an entry for each field of the types, and a flag only for options of register()', () => {
    for (const { flag, takenBy } of ANNOUNCEMENT_FIELDS)
      if (flag !== undefined) expect(['register', 'both']).toContain(takenBy);
  });
});

function withoutPattern(key: string, value: unknown): unknown {
  return key === 'pattern' ? undefined : value;
}
