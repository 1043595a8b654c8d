export type { Logger } from '@rollcall/runtime';
export type {
  ChannelView,
  ChannelViewKind,
  ConnectionView,
  ListView,
  MemberView,
} from './admin/app-views.ts';
export type { BrokerEvent, BrokerEventType } from './event-log/broker-event.ts';
export type { EventBatch } from './event-log/event-watch.ts';
export type { AppCounts, AppView, BrokerCaller, BrokerStatus } from './admin/status.ts';
export type { BrokerScope } from './settings/admin.ts';
export type { AppReport, ClusterState, NodeReport, NodeState, NodeStatus } from './app/app.ts';
export { BROKER_ADMIN_PROBLEMS } from './admin/problem.ts';
export type { BrokerAdminProblemCode } from './admin/problem.ts';
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
