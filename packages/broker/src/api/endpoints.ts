import { channelKind, isCacheChannel } from '@rollcall/protocol/pusher';
import type { App } from '../app/local-app.ts';
import { HttpError } from './http-error.ts';
import { channelInfo, parseInfo } from './info.ts';
import { parseBatch, parseChannel, parseTrigger } from './trigger.ts';

/** An authenticated request, and the app that made it. */
export interface ApiRequest {
  readonly app: App;
  /** The channel or user in the path, for endpoints that have one there. */
  readonly subject: string;
  readonly query: ReadonlyMap<string, string>;
  /** The body as JSON; `undefined` where there is none. */
  readonly body: unknown;
}

/** Answers a request with the body of a 200. @throws {@link HttpError} */
export type Endpoint = (request: ApiRequest) => Record<string, unknown>;

/** `POST /apps/ID/events` */
export function postEvents({ app, body }: ApiRequest): Record<string, unknown> {
  const { publication, info } = parseTrigger(body);
  app.publish(publication);
  if (info.size === 0) return {};
  const channels = publication.channels.map((name) => [name, channelInfo(app, name, info)]);
  return { channels: Object.fromEntries(channels) };
}

/** `POST /apps/ID/batch_events`. Either all events of a batch are published or none is. */
export function postBatchEvents({ app, body }: ApiRequest): Record<string, unknown> {
  const triggers = parseBatch(body);
  for (const { publication } of triggers) app.publish(publication);
  if (triggers.every(({ info }) => info.size === 0)) return {};
  return {
    batch: triggers.map(({ publication, info }) =>
      Object.assign({}, ...publication.channels.map((name) => channelInfo(app, name, info))),
    ),
  };
}

/** `GET /apps/ID/channels`: the occupied ones. */
export function getChannels({ app, query }: ApiRequest): Record<string, unknown> {
  const prefix = query.get('filter_by_prefix') ?? '';
  const info = parseInfo(query.get('info'), ['user_count']);
  if (info.has('user_count') && channelKind(prefix) !== 'presence') {
    throw new HttpError(400, 'user_count needs a filter_by_prefix that starts with "presence-"');
  }
  const names = Array.from(app.channels(), ({ name }) => name).filter((name) =>
    name.startsWith(prefix),
  );
  return {
    channels: Object.fromEntries(names.map((name) => [name, channelInfo(app, name, info)])),
  };
}

/** `GET /apps/ID/channels/CHANNEL` */
export function getChannel({ app, subject, query }: ApiRequest): Record<string, unknown> {
  const name = parseChannel(subject);
  const info = parseInfo(query.get('info'), ['user_count', 'subscription_count', 'cache']);
  if (info.has('user_count')) requirePresence(name, 'user_count');
  if (info.has('cache') && !isCacheChannel(name)) {
    throw new HttpError(400, 'only cache channels have a cache');
  }
  return { occupied: app.channel(name) !== undefined, ...channelInfo(app, name, info) };
}

/** `GET /apps/ID/channels/CHANNEL/users` */
export function getUsers({ app, subject }: ApiRequest): Record<string, unknown> {
  const name = parseChannel(subject);
  requirePresence(name, 'users');
  return { users: (app.channel(name)?.userIds() ?? []).map((id) => ({ id })) };
}

/** `POST /apps/ID/users/USER/terminate_connections`: of those over which the user is signed in. */
export function terminateConnections({ app, subject }: ApiRequest): Record<string, unknown> {
  app.users.terminate(subject);
  return {};
}

function requirePresence(channel: string, what: string): void {
  if (channelKind(channel) === 'presence') return;
  throw new HttpError(400, `only channels that start with "presence-" have ${what}`);
}
