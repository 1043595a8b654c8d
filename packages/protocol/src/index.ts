export { isLoopback, isLoopbackName, parseAddress } from './wire/address.ts';
export { addressPolicy } from './observer/address-policy.ts';
export type { AddressPolicy, AddressRules } from './observer/address-policy.ts';
export { addressRanges } from './observer/address-ranges.ts';
export type { AddressRanges } from './observer/address-ranges.ts';
export { BALANCING_POLICIES, HASH_BY } from './wire/policy-fields.ts';
export type { BalancingPolicy } from './wire/policy-fields.ts';
export { ANNOUNCEMENT_FIELDS } from './wire/announcement-fields.ts';
export type { AnnouncementField, Field, FieldType } from './wire/field.ts';
export { encodeAnnouncement, parseAnnouncement } from './wire/announcement.ts';
export type {
  AnnouncedPolicy,
  Announcement,
  AnnouncementChange,
  AnnouncementOptions,
  HealthCheck,
  InstanceIdentity,
} from './wire/announcement-types.ts';
export { SERVER_NAME, SPIFFE_ID } from './wire/identity-fields.ts';
export { parsePort } from './wire/port.ts';
export { budgetOf, SANDBOX } from './budget.ts';
export type { Budget, Cause, Cost, Deployment, Quota } from './budget.ts';
export {
  channelsOf,
  DEFAULT_CHANNEL,
  REGISTRY_NAME_RULE,
  OBSERVER_USER_ID,
  parsePresenceUserId,
  presenceUserId,
} from './wire/channels.ts';
export type { Channels } from './wire/channels.ts';
export { DEVELOPMENT_APP, EMBEDDED_HOST, EMBEDDED_PORT } from './development-app.ts';
export { EXIT_CODES, exitCodeOf, RollcallError } from './errors.ts';
export type { ErrorCode } from './errors.ts';
export { EVENTS, isEventName, parseDiscoveryEvent } from './wire/events.ts';
export type { DiscoveryEvent, EventName } from './wire/events.ts';
export { isPlaceholder } from './placeholder.ts';
export { isDeeperThan, isRecord, quote } from './untrusted.ts';
export type { Evidence } from './observer/evidence.ts';
export { Journal } from './observer/journal.ts';
export type { JournalEntry, RefusedEntry } from './observer/journal.ts';
export { Observer } from './observer/observer.ts';
export { parsePresenceMember } from './observer/presence-member.ts';
export { describeEvent } from './observer/describe-event.ts';
export type {
  EventContext,
  EventDescription,
  ObserverEvent,
  ObserverEventType,
  TrafficChange,
  VersionEvent,
} from './observer/describe-event.ts';
export type { Message } from './wire/messages.ts';
export type { Conversation } from './observer/conversation.ts';
export type { ObserverOptions } from './observer/observer.ts';
export type { Reaction } from './observer/reaction.ts';
export { Owner } from './owner/owner.ts';
export type { Owned } from './owner/owner.ts';
export type { Peer } from './observer/peers.ts';
export { parsePrefix } from './wire/prefix.ts';
export { REFUSAL_CODES } from './wire/refusal.ts';
export type { Parsed, Refusal, RefusalCode } from './wire/refusal.ts';
export { configuredKey, instanceKey, versionOf } from './wire/statement.ts';
export { join } from './table/merge.ts';
export type { Statement, Version } from './wire/statement.ts';
export { idWithKey, isPublicKey, keyIdIn, keyIdOf } from './trust/service-key.ts';
export {
  AUTH_PATHS,
  AUTH_WINDOW_S,
  authRequestText,
  formatProof,
  parseProof,
} from './trust/auth-request.ts';
export type { AuthProof } from './trust/auth-request.ts';
export { Ownership } from './trust/ownership.ts';
export type { OwnershipOptions, OwnershipRules } from './trust/ownership.ts';
export { OwnersByPrefix } from './trust/owners.ts';
export type { OwnerKey } from './trust/owners.ts';
export { signedText } from './trust/signed-text.ts';
export { urlHost } from './wire/url-host.ts';
export { Groups } from './table/groups.ts';
export { schemeFacts, urlScheme } from './wire/scheme.ts';
export type { SchemeFacts } from './wire/scheme.ts';
export {
  DEFAULT_HEALTH_CHECK,
  describeProbed,
  IDENTITY_FAILURE,
  probeRequest,
  probeVerdict,
} from './table/probe.ts';
export type { ProbeAttempt, Probed, ProbedBy, ProbeOutcome, Verdict } from './table/probe.ts';
export { DEFAULT_PROBE_RULES } from './table/probe-rules.ts';
export type { ProbeRules, Probing } from './table/probe-rules.ts';
export { isOwnShortage, OWN_SHORTAGE } from './table/own-shortage.ts';
export { RULES } from './table/rules.ts';
export { Table } from './table/table.ts';
export { DEFAULT_TABLE_LIMITS } from './table/capacity.ts';
export type { TableLimits } from './table/capacity.ts';
export { newEntry } from './table/entry.ts';
export type { Entry } from './table/entry.ts';
export { instanceState, isDraining, receivesTraffic } from './table/instance.ts';
export type { Sighting } from './table/sightings.ts';
export type { Instance, InstanceState, InstanceTraffic, Status } from './table/instance.ts';
export { isChange } from './table/events.ts';
export type { BrokerNumber, Change, Effect, TableEvent } from './table/events.ts';
