import { accept, refuse } from './refusal.ts';
import { quote } from '../untrusted.ts';
import type { Parsed } from './refusal.ts';

const MAX_PREFIX_SEGMENTS = 16;
const MAX_PREFIX_LENGTH = 200;

// RFC 3986 §3.3 pchar without percent-encoding, so that a prefix has one spelling and is compared byte by byte.
const SEGMENT = /^[A-Za-z0-9._~!$&'()*+,;=:@-]+$/;

/**
 * A path prefix in its one canonical form: `''` (every path) or `/a/b` with no slash at the end.
 * `/` and `/v1/` are accepted as `''` and `/v1`.
 */
export function parsePrefix(input: unknown): Parsed<string> {
  if (typeof input !== 'string') {
    return refuse('bad-prefix', `prefix is ${quote(input)}; it must be a path such as "/v1"`);
  }
  if (input.length > MAX_PREFIX_LENGTH) {
    return refuse(
      'bad-prefix',
      `prefix has ${input.length} characters; at most ${MAX_PREFIX_LENGTH} are allowed`,
    );
  }
  const path = input.endsWith('/') ? input.slice(0, -1) : input;
  if (path === '') return accept('');
  if (!path.startsWith('/'))
    return refuse('bad-prefix', `prefix ${quote(input)} must start with "/"`);

  const segments = path.slice(1).split('/');
  if (segments.length > MAX_PREFIX_SEGMENTS) {
    return refuse(
      'bad-prefix',
      `prefix has ${segments.length} segments; at most ${MAX_PREFIX_SEGMENTS} are allowed`,
    );
  }
  const bad = segments.find(
    (segment) => !SEGMENT.test(segment) || segment === '.' || segment === '..',
  );
  if (bad !== undefined) {
    return refuse(
      'bad-prefix',
      `prefix ${quote(input)} has the segment ${quote(bad)}; a segment is letters, digits and -._~!$&'()*+,;=:@, and neither "." nor ".."`,
    );
  }
  return accept(path);
}
