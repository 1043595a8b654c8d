import type { Format } from '@rollcall/runtime/settings';

const PATTERN = /^(?:\*\/\*|[a-z0-9!#$&^_.+-]+\/(?:\*|[a-z0-9!#$&^_.+-]+)|\*\/\*\+[a-z0-9.-]+)$/;

/** A media type, or several. */
export const MEDIA_TYPE: Format = {
  expected: 'a media type such as text/html, text/*, */*+json or */*',
  parse(text) {
    const lower = text.toLowerCase();
    return PATTERN.test(lower) ? lower : undefined;
  },
};

/** Returns whether a Content-Type is of one of these types. Its parameters do not matter. */
export function matchMediaTypes(patterns: readonly string[]): (contentType: string) => boolean {
  const wanted = new Set(patterns);
  return (contentType) => {
    const [type = ''] = contentType.toLowerCase().split(';');
    const [, main = '', sub = ''] = /^\s*([^\s/]+)\/([^\s/]+)\s*$/.exec(type) ?? [];
    if (main === '') return false;
    const [, suffix = ''] = /\+([^+]+)$/.exec(sub) ?? [];
    return [`${main}/${sub}`, `${main}/*`, `*/*+${suffix}`, '*/*'].some((each) => wanted.has(each));
  };
}
