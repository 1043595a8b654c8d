import type { Setting, Settings } from './setting.ts';

interface Found {
  readonly path: readonly string[];
  /** Nothing if there is no setting there. */
  readonly setting: Setting | undefined;
}

/**
 * The setting that a name with dots stands for, such as `routes./v1.limits.answerMs`. The key of a map may have dots
 * itself: it ends where the name of a setting begins.
 */
export function findSetting(settings: Settings, name: string): Found {
  return findIn({ type: 'group', settings, doc: '' }, name.split('.'));
}

function findIn(setting: Setting | undefined, words: readonly string[]): Found {
  if (words.length === 0) return { path: [], setting };
  if (setting?.type === 'texts') {
    const { values: format, doc } = setting;
    return { path: [words.join('.')], setting: { type: 'text', format, doc } };
  }
  if (setting?.type === 'lists') {
    const { items: format, doc } = setting;
    return { path: [words.join('.')], setting: { type: 'list', format, doc } };
  }
  if (setting?.type !== 'group' && setting?.type !== 'map')
    return { path: words, setting: undefined };
  const { type, settings } = setting;
  const length = type === 'group' ? 1 : lengthOfKey(settings, words);
  const key = words.slice(0, length).join('.');
  const own = Object.hasOwn(settings, key) ? settings[key] : undefined;
  const next: Setting | undefined = type === 'group' ? own : { type: 'group', settings, doc: '' };
  const rest = findIn(next, words.slice(length));
  return { path: [key, ...rest.path], setting: rest.setting };
}

function lengthOfKey(settings: Settings, words: readonly string[]): number {
  const end = words.findIndex((word, index) => index > 0 && Object.hasOwn(settings, word));
  return end === -1 ? words.length : end;
}
