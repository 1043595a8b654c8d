import type { Setting, Settings } from './setting.ts';

/** A file of settings with every default, and an example for what has none: plain data. */
export function exampleOf(settings: Settings): Record<string, unknown> {
  const entries = Object.entries(settings)
    .filter(([, { onlyByVariable }]) => !onlyByVariable)
    .map(([key, setting]) => [key, valueOf(setting)] as const);
  // Infinity is none of JSON's numbers: what has no limit by default has none in the example.
  return Object.fromEntries(
    entries.filter(([, value]) => value !== undefined && value !== Infinity),
  );
}

function valueOf(setting: Setting): unknown {
  if (setting.example !== undefined) return setting.example;
  if (setting.type === 'group') return exampleOf(setting.settings);
  if (setting.type === 'groups') return [exampleOf(setting.settings)];
  return 'default' in setting ? setting.default : undefined;
}
