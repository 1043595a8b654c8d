import type { Announcement } from './announcement-types.ts';

/** How an instance is spoken to on its port. */
export interface SchemeFacts {
  readonly isSecure: boolean;
  readonly isHttp2: boolean;
}

const FACTS: Readonly<Record<NonNullable<Announcement['scheme']>, SchemeFacts>> = {
  http: { isSecure: false, isHttp2: false },
  https: { isSecure: true, isHttp2: false },
  h2c: { isSecure: false, isHttp2: true },
  h2: { isSecure: true, isHttp2: true },
};

/** Returns what the scheme of an announcement means. */
export function schemeFacts({ scheme = 'http' }: Pick<Announcement, 'scheme'>): SchemeFacts {
  return FACTS[scheme];
}

/** Returns the scheme of an instance's URL for programs that know `http` and `https` only. */
export function urlScheme(announcement: Pick<Announcement, 'scheme'>): 'http' | 'https' {
  return schemeFacts(announcement).isSecure ? 'https' : 'http';
}
