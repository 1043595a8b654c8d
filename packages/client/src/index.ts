export type {
  Certificate,
  InstanceCredentials,
  InstanceTlsOptions,
  LeaveOutcome,
  Logger,
} from '@rollcall/runtime';
export {
  connectionsOf,
  credentialsFromEnv,
  describeBrokers,
  ownerRegistryFromEnv,
  registryFromEnv,
} from './transport/registry-config.ts';
export type {
  AuthorizedConnection,
  ConnectionConfig,
  Environment,
  RegistryChannels,
  RegistryConfig,
} from './transport/registry-config.ts';
export { askAuthServer } from './auth/auth-client.ts';
export type { AuthServer } from './transport/auth-server.ts';
export { openBrokerAuthority } from './broker-authority.ts';
export type { BrokerAuthority } from './broker-authority.ts';
export type { Authorization } from './transport/owner-access.ts';
export { describeBroker, variablesOf } from './transport/broker-config.ts';
export type { BrokerAddress, BrokerConfig, BrokerVariables } from './transport/broker-config.ts';
export { adviceOnFailure, endpointOf } from './transport/reach.ts';
export { discover } from './observer/discover.ts';
export type { BrokerPresence, BrokerStatus } from './observer/broker-status.ts';
export type { ConfiguredInstance } from './observer/configured-instance.ts';
export type { Directory } from './observer/directory.ts';
export type { DirectoryEvents } from './observer/directory-events.ts';
export type { DiscoverOptions, OwnershipConfig } from './observer/discover-options.ts';
export { openSealedChannel } from './transport/sealed-channel.ts';
export type { SealedChannel, SealedChannelOptions } from './transport/sealed-channel.ts';
export { generateServiceKey, isServiceKey, isSignedBy, publicKeyOf } from './trust/ed25519.ts';
export { watchEvents } from './observer/watch-events.ts';
export type { Picked, Service } from './observer/service.ts';
export { WeightedRoundRobin } from './observer/weighted-round-robin.ts';
export { drain, LEAVE_WINDOW_MS } from './registrar/drain.ts';
export {
  addressFromEnv,
  announcedAddress,
  configuredAddress,
  ownAddress,
} from './registrar/own-address.ts';
export { register } from './registrar/register.ts';
export type { RegisterOptions } from './registrar/register.ts';
export type { Registration } from './registrar/registration.ts';
export { exitCodeOf, RollcallError } from '@rollcall/protocol';
export type {
  AddressPolicy,
  AnnouncedPolicy,
  Announcement,
  AnnouncementChange,
  AnnouncementOptions,
  Change,
  ErrorCode,
  HealthCheck,
  Instance,
  InstanceIdentity,
  Journal,
  ObserverEvent,
  OwnerKey,
  OwnershipRules,
  Peer,
  ProbeRules,
  Probing,
  Refusal,
  Statement,
  Status,
  Verdict,
} from '@rollcall/protocol';
