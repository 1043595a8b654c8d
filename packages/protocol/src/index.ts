export { parseAddress } from './address.ts';
export { addressPolicy } from './address-policy.ts';
export type { AddressPolicy, AddressRules } from './address-policy.ts';
export { addressRanges } from './address-ranges.ts';
export type { AddressRanges } from './address-ranges.ts';
export { BALANCING_POLICIES, HASH_BY } from './announced-policy.ts';
export type { AnnouncedPolicy, BalancingPolicy } from './announced-policy.ts';
export { encodeAnnouncement, parseAnnouncement, parsePort } from './announcement.ts';
export type { Announcement, HealthCheck } from './announcement.ts';
export { budgetOf, SANDBOX } from './budget.ts';
export type { Budget, Cause, Cost, Deployment, Quota } from './budget.ts';
export {
  channelsOf,
  DEFAULT_CHANNEL,
  OBSERVER_USER_ID,
  parsePresenceUserId,
  presenceUserId,
} from './channels.ts';
export type { Channels } from './channels.ts';
export { DEVELOPMENT_APP, isLoopback } from './development.ts';
export { EXIT_CODES, exitCodeOf, RollcallError } from './errors.ts';
export type { ErrorCode } from './errors.ts';
export { EVENTS, parseDiscoveryEvent } from './events.ts';
export type { DiscoveryEvent, EventName } from './events.ts';
export { isRecord } from './field.ts';
export type { Evidence } from './evidence.ts';
export { Journal } from './journal.ts';
export type { JournalEntry, RefusedEntry } from './journal.ts';
export { Observer } from './observer.ts';
export { describeEvent } from './observer/describe-event.ts';
export type {
  EventContext,
  EventDescription,
  ObserverEvent,
  ObserverEventType,
} from './observer/describe-event.ts';
export type { Message } from './messages.ts';
export type { ObserverOptions, Reaction } from './observer.ts';
export { Owner } from './owner.ts';
export type { Owned, Update } from './owner.ts';
export type { Peer } from './peers.ts';
export { MAX_PREFIX_SEGMENTS, parsePrefix } from './prefix.ts';
export { REFUSAL_CODES, quote } from './refusal.ts';
export type { Parsed, Refusal, RefusalCode } from './refusal.ts';
export { instanceKey, join, versionOf } from './merge.ts';
export type { Statement, Versioned } from './merge.ts';
export { Group } from './table/group.ts';
export { PROBES } from './table/probe-rules.ts';
export type { ProbeRules, Probing } from './table/probe-rules.ts';
export { RULES } from './table/rules.ts';
export { Table } from './table/table.ts';
export { newEntry } from './table/entry.ts';
export type { Entry, Instance, Status } from './table/entry.ts';
export { instanceState } from './table/instance-state.ts';
export type { InstanceState } from './table/instance-state.ts';
export type { Change, Effect, TableEvent, Verdict } from './table/events.ts';
