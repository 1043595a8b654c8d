export { createBroker } from './broker.ts';
export type { Broker } from './broker.ts';
export type { AppCredentials } from './credentials.ts';
export type { BrokerOptions } from './options.ts';
