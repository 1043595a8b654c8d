import { defaultsOf } from '@rollcall/runtime/settings';
import type { PlaneSettings } from '../src/data-plane.ts';
import { servingSettings } from '../src/settings/config.ts';
import type { ServingConfig } from '../src/settings/config.ts';
import { ACCESS_LOG_SETTINGS } from '../src/settings/logging.ts';

/** Settings of a data plane without access log and traces. */
export function planeSettings(config: ServingConfig = {}): PlaneSettings {
  return {
    serving: servingSettings(config),
    pseudonym: 'x',
    accessLog: defaultsOf(ACCESS_LOG_SETTINGS),
    traces: false,
  };
}
