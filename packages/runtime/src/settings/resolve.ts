import { isRecord } from '@rollcall/protocol';
import { overlaid } from './overlay.ts';
import type { Setting, Settings } from './setting.ts';
import type { Resolved, Values } from './values.ts';

/** Fills in the defaults. A group with a required setting stays away unless it was given. */
export function resolveSettings<G extends Settings>(settings: G, values: Values<G>): Resolved<G> {
  return resolved(settings, values) as Resolved<G>;
}

/** Resolved values with others laid over them. */
export function overlaySettings<G extends Settings>(
  settings: G,
  below: Resolved<G>,
  above: Values<G>,
): Resolved<G> {
  return resolved(settings, overlaid(below, above)) as Resolved<G>;
}

/** All defaults of a table. */
export function defaultsOf<G extends Settings>(settings: G): Resolved<G> {
  return resolved(settings, {}) as Resolved<G>;
}

function resolved(settings: Settings, values: object): Record<string, unknown> {
  const all: Record<string, unknown> = {};
  for (const [key, setting] of Object.entries(settings)) {
    const value = valueOf(setting, key in values ? values[key as keyof typeof values] : undefined);
    if (value !== undefined) all[key] = value;
  }
  return all;
}

function valueOf(setting: Setting, value: unknown): unknown {
  switch (setting.type) {
    case 'group': {
      if (value === undefined && Object.values(setting.settings).some(({ required }) => required))
        return undefined;
      return resolved(setting.settings, isRecord(value) ? value : {});
    }
    case 'map':
      return value ?? {};
    case 'groups':
      return Array.isArray(value)
        ? value.map((each: object) => resolved(setting.settings, each))
        : value;
    default:
      return value ?? setting.default;
  }
}
