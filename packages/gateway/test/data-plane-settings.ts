import { defaultsOf } from '@rollcall/runtime/settings';
import type { DataPlaneSettings } from '../src/data-plane/data-plane.ts';
import { routingSettings } from '../src/settings/config.ts';
import type { RoutingConfig } from '../src/settings/config.ts';
import { ACCESS_LOG_SETTINGS } from '../src/settings/logging.ts';

/** Settings of a data plane without access log and traces. */
export function dataPlaneSettings(config: RoutingConfig = {}): DataPlaneSettings {
  return {
    routing: routingSettings(config),
    instanceCredentials: {},
    pseudonym: 'x',
    accessLog: defaultsOf(ACCESS_LOG_SETTINGS),
    traces: false,
  };
}
