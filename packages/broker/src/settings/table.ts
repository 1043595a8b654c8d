import { ADMIN_SETTINGS } from './admin.ts';
import { APPS_SETTINGS } from './apps.ts';
import { BUS_SETTINGS } from './bus.ts';
import { CONNECTION_SETTINGS } from './connections.ts';
import { LISTENING_SETTINGS } from './listening.ts';

/** Every setting of a broker, in the order of docs/reference/config.md. */
export const BROKER_SETTINGS: typeof APPS_SETTINGS &
  typeof LISTENING_SETTINGS &
  typeof ADMIN_SETTINGS &
  typeof CONNECTION_SETTINGS &
  typeof BUS_SETTINGS = {
  ...APPS_SETTINGS,
  ...LISTENING_SETTINGS,
  ...ADMIN_SETTINGS,
  ...CONNECTION_SETTINGS,
  ...BUS_SETTINGS,
};
