import { encodeAnnouncement } from '../wire/announcement.ts';
import type { Announcement } from '../wire/announcement-types.ts';
import type { Refusal } from '../wire/refusal.ts';
import { urlHost } from '../wire/url-host.ts';
import type { Instance } from '../table/instance.ts';
import type { Change, Effect } from '../table/events.ts';

/** What an observer reports to people: a change of its table, or something about its link to the broker. */
export type ObserverEvent =
  | Change
  | TrafficChange
  | VersionEvent
  | Extract<Effect, { readonly type: 'conflict' | 'mass-suspicion' | 'prefix-forgotten' }>
  /** A message on the channel was not accepted. */
  | { readonly type: 'refused'; readonly event: string; readonly refusal: Refusal }
  /** An announcement was accepted that would be refused if ownership was enforced. */
  | { readonly type: 'unproven'; readonly refusal: Refusal }
  /** A broker is named, such as `127.0.0.1:6001`. */
  | { readonly type: 'connected'; readonly broker: string }
  | {
      readonly type: 'disconnected';
      readonly broker: string;
      /** The brokers that are still connected. */
      readonly others: readonly string[];
    }
  /** A broker does not accept the connection. */
  | { readonly type: 'rejected'; readonly broker: string; readonly reason: string }
  /** A message could not be published. */
  | { readonly type: 'fault'; readonly message: string };

/** What requests to an instance showed, or that the last one of a drained instance has finished. */
export interface TrafficChange {
  readonly type: 'ejected' | 'returned' | 'drained';
  readonly instance: Instance;
  readonly why: string;
}

/** What a gateway has decided about a version of a service. */
export interface VersionEvent {
  readonly type: 'version-testing' | 'version-grown' | 'version-accepted' | 'version-held';
  readonly prefix: string;
  /** An empty string for instances that announce none. */
  readonly version: string;
  readonly why: string;
}

export type ObserverEventType = ObserverEvent['type'];

export interface EventContext {
  /** The host of the gateway's routes, such as `localhost:1500`. Default: none is shown. */
  readonly domain?: string;
}

/** An event in words: the same in the log, the dashboard, `rollcall watch` and the admin API. */
export interface EventDescription {
  readonly level: 'info' | 'warn' | 'error';
  /** The cause, for a reader who already sees the type of the event and its instance. */
  readonly reason: string;
  /** The whole event in one line. */
  readonly message: string;
}

const LEVELS: Readonly<Record<ObserverEventType, EventDescription['level']>> = {
  registered: 'info',
  updated: 'info',
  left: 'info',
  suspected: 'warn',
  down: 'warn',
  recovered: 'info',
  forgotten: 'info',
  ejected: 'warn',
  returned: 'info',
  drained: 'info',
  'version-testing': 'info',
  'version-grown': 'info',
  'version-accepted': 'info',
  'version-held': 'error',
  conflict: 'error',
  'mass-suspicion': 'warn',
  'prefix-forgotten': 'info',
  refused: 'warn',
  unproven: 'warn',
  connected: 'info',
  disconnected: 'warn',
  rejected: 'error',
  fault: 'error',
};

const HEADLINES: Readonly<Record<(Change | TrafficChange)['type'] | 'conflict', string>> = {
  registered: 'route registered',
  updated: 'route updated',
  left: 'route unregistered',
  forgotten: 'route unregistered',
  suspected: 'instance suspected',
  down: 'instance down',
  recovered: 'instance recovered',
  ejected: 'instance ejected',
  returned: 'instance returned',
  drained: 'instance drained',
  conflict: 'id conflict',
};

const VERSION_HEADLINES: Readonly<Record<VersionEvent['type'], string>> = {
  'version-testing': 'is new',
  'version-grown': 'receives more',
  'version-accepted': 'is accepted',
  'version-held': 'is held back',
};

export function describeEvent(event: ObserverEvent, context: EventContext = {}): EventDescription {
  const level = LEVELS[event.type];
  const reason = reasonOf(event);
  if (!('instance' in event)) return { level, reason, message: reason };
  const route = routeOf(event.instance, context.domain);
  return { level, reason, message: `${HEADLINES[event.type]} ${route} (${reason})` };
}

function reasonOf(event: ObserverEvent): string {
  switch (event.type) {
    case 'conflict': {
      const { key } = event.instance;
      return `${hostPort(event.announcement)} announces the same id ${key}: give each instance its own`;
    }
    case 'mass-suspicion':
      return `${event.instances} instances of ${event.prefix || '/'} became suspect at once: probably a fault of the link to the broker, so probes decide`;
    case 'prefix-forgotten':
      return `prefix ${event.prefix || '/'} forgotten: ${event.why}`;
    case 'refused':
      return `refused ${event.event} (${event.refusal.code}): ${event.refusal.reason}`;
    case 'unproven':
      return `accepted, but not proven (${event.refusal.code}): ${event.refusal.reason}`;
    case 'connected':
      return `connected to the broker at ${event.broker}`;
    case 'disconnected':
      return `lost the connection to the broker at ${event.broker}: ${whatStays(event.others)}`;
    case 'rejected':
      return `the broker at ${event.broker} rejected the connection (${event.reason}): retrying`;
    case 'fault':
      return event.message;
    case 'version-testing':
    case 'version-grown':
    case 'version-accepted':
    case 'version-held': {
      const { type, prefix, version, why } = event;
      const subject = version === '' ? 'instances without a version' : `version ${version}`;
      return `${subject} of ${prefix || '/'} ${VERSION_HEADLINES[type]}: ${why}`;
    }
    default:
      return withChangedFields(event);
  }
}

function whatStays(others: readonly string[]): string {
  if (others.length === 0) return 'the last known table stays in use';
  return `${others.join(' and ')} ${others.length === 1 ? 'stays' : 'stay'} connected`;
}

function withChangedFields(event: Change | TrafficChange): string {
  const { why, instance } = event;
  const was = 'was' in event ? event.was : undefined;
  const fields = was === undefined ? [] : changedFields(was, instance.announcement);
  return fields.length === 0 ? why : `${why}: ${fields.join(', ')}`;
}

/** Names of the fields that differ, except the version numbers and the signature, which always do. */
function changedFields(was: Announcement, is: Announcement): string[] {
  const [before, now] = [encodeAnnouncement(was), encodeAnnouncement(is)];
  const names = new Set([...Object.keys(before), ...Object.keys(now)]);
  for (const name of ['inc', 'seq', 'sig']) names.delete(name);
  return [...names].filter((name) => JSON.stringify(before[name]) !== JSON.stringify(now[name]));
}

/** Such as `localhost:1500/v1 -> http://10.0.0.1:3000`. */
function routeOf({ announcement }: Instance, domain = ''): string {
  const { prefix, scheme = 'http' } = announcement;
  // The name of configured upstreams begins with the host of their route, if that has one.
  const host = prefix === '' || prefix.startsWith('/') ? domain : '';
  return `${host}${prefix || '/'} -> ${scheme}://${hostPort(announcement)}`;
}

function hostPort({ address, port }: Announcement): string {
  return `${urlHost(address)}:${port}`;
}
