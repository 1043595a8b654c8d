export { createBroker } from './broker.ts';
export type { Broker } from './broker.ts';
export { readConfigFile, readTlsFiles } from './config-file.ts';
export type { TlsFiles } from './config-schema.ts';
export type { AppCredentials } from './credentials.ts';
export type {
  AppOptions,
  BrokerOptions,
  MetricsOptions,
  TlsOptions,
  WebhookOptions,
} from './options.ts';
export type { WebhookEvent, WebhookEventName } from './webhooks/event.ts';
