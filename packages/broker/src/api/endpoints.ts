import { channelKind, isCacheChannel } from '@rollcall/protocol/pusher';
import type { App } from '../app/app.ts';
import { after } from '../app/maybe-promise.ts';
import type { MaybePromise } from '../app/maybe-promise.ts';
import { HttpError } from './http-error.ts';
import { channelInfo, parseInfo } from './info.ts';
import { parseBatch, parseChannel, parseTrigger } from './trigger.ts';

/** An authenticated request, and the app that signed it. */
export interface ApiRequest {
  readonly app: App;
  /** The channel or user in the path; `''` for endpoints that have none there. */
  readonly subject: string;
  readonly query: ReadonlyMap<string, string>;
  /** The body as JSON; `undefined` if there is none. */
  readonly body: unknown;
}

type Json = Record<string, unknown>;

/** Returns the body of a 200. @throws {@link HttpError} or UnavailableError, or rejects with one */
export type Endpoint = (request: ApiRequest) => MaybePromise<Json>;

/** `POST /apps/ID/events` */
export function postEvents({ app, body }: ApiRequest): MaybePromise<Json> {
  const { publication, info } = parseTrigger(body);
  return after(app.publish([publication]), () => {
    if (info.size === 0) return {};
    const names = publication.channels;
    return after(app.channelsNamed(names), (states) => ({
      channels: Object.fromEntries(names.map((name) => [name, channelInfo(states, name, info)])),
    }));
  });
}

/** `POST /apps/ID/batch_events`. Either all events of a batch are published or none is. */
export function postBatchEvents({ app, body }: ApiRequest): MaybePromise<Json> {
  const triggers = parseBatch(body);
  return after(app.publish(triggers.map(({ publication }) => publication)), () => {
    if (triggers.every(({ info }) => info.size === 0)) return {};
    const names = triggers.flatMap(({ publication }) => publication.channels);
    return after(app.channelsNamed(names), (states) => ({
      batch: triggers.map(({ publication, info }) =>
        Object.assign({}, ...publication.channels.map((name) => channelInfo(states, name, info))),
      ),
    }));
  });
}

/** `GET /apps/ID/channels`: the occupied channels. */
export function getChannels({ app, query }: ApiRequest): MaybePromise<Json> {
  const prefix = query.get('filter_by_prefix') ?? '';
  const info = parseInfo(query.get('info'), ['user_count']);
  if (info.has('user_count') && channelKind(prefix) !== 'presence') {
    throw new HttpError(400, 'user_count needs a filter_by_prefix that starts with "presence-"');
  }
  return after(app.channelsStartingWith(prefix), (states) => ({
    channels: Object.fromEntries(
      Array.from(states.keys(), (name) => [name, channelInfo(states, name, info)]),
    ),
  }));
}

/** `GET /apps/ID/channels/CHANNEL` */
export function getChannel({ app, subject, query }: ApiRequest): MaybePromise<Json> {
  const name = parseChannel(subject);
  const info = parseInfo(query.get('info'), ['user_count', 'subscription_count', 'cache']);
  if (info.has('user_count')) requirePresence(name, 'user_count');
  if (info.has('cache') && !isCacheChannel(name)) {
    throw new HttpError(400, 'only cache channels have a cache');
  }
  return after(app.channelsNamed([name]), (states) => {
    const channel = { occupied: states.has(name), ...channelInfo(states, name, info) };
    if (!info.has('cache')) return channel;
    return after(app.lastEvent(name), (event) => ({
      ...channel,
      cache: event === undefined ? null : { data: event.data, ttl: event.ttl },
    }));
  });
}

/** `GET /apps/ID/channels/CHANNEL/users` */
export function getUsers({ app, subject }: ApiRequest): MaybePromise<Json> {
  const name = parseChannel(subject);
  requirePresence(name, 'users');
  return after(app.userIds(name), (ids) => ({ users: ids.map((id) => ({ id })) }));
}

/** `POST /apps/ID/users/USER/terminate_connections`: closes those on which the user is signed in. */
export function terminateConnections({ app, subject }: ApiRequest): MaybePromise<Json> {
  return after(app.terminateConnections(subject), () => ({}));
}

function requirePresence(channel: string, what: string): void {
  if (channelKind(channel) === 'presence') return;
  throw new HttpError(400, `only channels that start with "presence-" have ${what}`);
}
