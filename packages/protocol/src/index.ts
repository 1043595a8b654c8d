export { parseAddress } from './address.ts';
export {
  announcementKey,
  encodeAnnouncement,
  parseAnnouncement,
  parsePort,
} from './announcement.ts';
export type { Announcement, HealthCheck } from './announcement.ts';
export { DEVELOPMENT_APP, isLoopback } from './development.ts';
export { EXIT_CODES, exitCodeOf, RollcallError } from './errors.ts';
export type { ErrorCode } from './errors.ts';
export { CHANNEL, EVENTS, parseDiscoveryEvent } from './events.ts';
export type { DiscoveryEvent, EventName } from './events.ts';
export { MAX_PREFIX_SEGMENTS, parsePrefix } from './prefix.ts';
export { REFUSAL_CODES, quote } from './refusal.ts';
export type { Parsed, Refusal, RefusalCode } from './refusal.ts';
export { Table } from './table.ts';
export type { Change, Instance } from './table.ts';
