export { acceptsConnections } from './accepts-connections.ts';
export {
  connectionFromEnvironment,
  credentialsFromEnvironment,
  describeServer,
  EMBEDDED_HOST,
  EMBEDDED_PORT,
  urlHost,
} from './connection.ts';
export type { Connection, Environment } from './connection.ts';
export { discover } from './discover.ts';
export type { Directory, DiscoverOptions } from './discover.ts';
export { drain, LEAVE_WINDOW_MS } from './drain.ts';
export { ownAddress } from './own-address.ts';
export { announcedAddress, register } from './register.ts';
export type { RegisterOptions, Registration } from './register.ts';
export { exitCodeOf, RollcallError } from '@rollcall/protocol';
export type {
  Announcement,
  Change,
  ErrorCode,
  HealthCheck,
  Instance,
  Statement,
  Status,
  Verdict,
} from '@rollcall/protocol';
