import { ADMIN_SETTINGS } from './admin.ts';
import { AUTH_SETTINGS } from './auth.ts';
import { CATALOG_SETTINGS } from './catalog.ts';
import { CONSUMERS_SETTINGS } from './consumers.ts';
import { INSTANCE_SETTINGS } from './instances.ts';
import { LISTENING_SETTINGS } from './listening.ts';
import { LOGGING_SETTINGS } from './logging.ts';
import { NOTIFY_SETTINGS } from './notify.ts';
import { OWNERS_SETTINGS } from './owners.ts';
import { REDIS_SETTINGS } from './redis.ts';
import { ROUTES_SETTINGS, ROUTING_SETTINGS } from './routing.ts';
import { SERVICES_SETTINGS } from './services.ts';

/** Every setting of a gateway, in the order of docs/reference/config.md. */
export const GATEWAY_SETTINGS: typeof LISTENING_SETTINGS &
  typeof ROUTING_SETTINGS &
  typeof ROUTES_SETTINGS &
  typeof SERVICES_SETTINGS &
  typeof CONSUMERS_SETTINGS &
  typeof REDIS_SETTINGS &
  typeof OWNERS_SETTINGS &
  typeof AUTH_SETTINGS &
  typeof INSTANCE_SETTINGS &
  typeof ADMIN_SETTINGS &
  typeof NOTIFY_SETTINGS &
  typeof LOGGING_SETTINGS &
  typeof CATALOG_SETTINGS = {
  ...LISTENING_SETTINGS,
  ...ROUTING_SETTINGS,
  ...ROUTES_SETTINGS,
  ...SERVICES_SETTINGS,
  ...CONSUMERS_SETTINGS,
  ...REDIS_SETTINGS,
  ...OWNERS_SETTINGS,
  ...AUTH_SETTINGS,
  ...INSTANCE_SETTINGS,
  ...ADMIN_SETTINGS,
  ...NOTIFY_SETTINGS,
  ...LOGGING_SETTINGS,
  ...CATALOG_SETTINGS,
};
