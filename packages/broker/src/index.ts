export type { Logger } from '@rollcall/runtime';
export { createBroker } from './broker.ts';
export type { Broker } from './broker.ts';
export type { AppCredentials } from './credentials.ts';
export { faultsOfWhole, optionsOf, readConfigFile } from './settings/options.ts';
export type {
  AppOptions,
  BrokerConfig,
  BrokerOptions,
  WebhookOptions,
} from './settings/options.ts';
export { BROKER_SETTINGS } from './settings/table.ts';
export type { WebhookEvent, WebhookEventName } from './webhook-event.ts';
