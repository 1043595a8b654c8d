import { SECRET } from '@rollcall/runtime/settings';
import type { Format } from '@rollcall/runtime/settings';
import { WEBHOOK_EVENTS } from '../webhook-event.ts';

/** Stands in the paths of URLs, and before the colon of a token. */
const NAME: Format = {
  expected: 'of A-Z a-z 0-9 _ -',
  parse: (text) => (/^[\w-]+$/.test(text) ? text : undefined),
};

const HTTP_URL: Format = {
  expected: 'an http: or https: URL',
  parse: (text) =>
    URL.canParse(text) && /^https?:$/.test(new URL(text).protocol) ? text : undefined,
};

/** As browsers send it: the scheme, host and port of a page, in lower case and without the default port. */
const ORIGIN: Format = {
  expected: 'an origin such as https://example.com, without a path',
  parse: (text) => {
    if (!URL.canParse(text)) return undefined;
    const { protocol, host, pathname, search, hash, username } = new URL(text);
    const isOrigin = host !== '' && /^\/?$/.test(pathname) && search + hash + username === '';
    return isOrigin ? `${protocol}//${host}` : undefined;
  },
};

/** Where events of an app are sent. */
const WEBHOOK_SETTINGS = {
  url: {
    type: 'text',
    format: HTTP_URL as typeof HTTP_URL,
    required: true,
    // It may hold a password.
    isSecret: true,
    example: 'https://example.com/hooks',
    doc: 'URL that receives the events, by POST.',
  },
  events: {
    type: 'list',
    words: WEBHOOK_EVENTS as typeof WEBHOOK_EVENTS,
    defaultIs: 'all',
    example: ['member_added'],
    doc: 'Events that are sent.',
  },
} as const;

/** An app, and what its clients may do. */
const APP_SETTINGS = {
  appId: {
    type: 'text',
    format: NAME as typeof NAME,
    required: true,
    example: '1',
    doc: 'Id of the app, a part of the URLs of the HTTP API. Use digits, because some SDKs accept nothing else.',
  },
  key: {
    type: 'text',
    format: NAME as typeof NAME,
    required: true,
    example: 'a-key',
    doc: 'Key of the app. It is public.',
  },
  secret: {
    type: 'text',
    format: SECRET as typeof SECRET,
    required: true,
    isSecret: true,
    example: 'a-secret',
    doc: 'Secret of the app, by which requests and subscriptions are signed.',
  },
  enabled: {
    type: 'boolean',
    default: true,
    doc: 'Whether the app is served. If not, connections are refused with 4003 and requests with 403.',
  },
  maxConnections: {
    type: 'integer',
    min: 1,
    max: Number.MAX_SAFE_INTEGER as number,
    default: 10_000,
    doc: 'Maximum connections at a time. More are refused with 4004.',
  },
  allowedOrigins: {
    type: 'list',
    format: ORIGIN as typeof ORIGIN,
    defaultIs: 'any; for the development app those of this machine',
    example: ['https://example.com'],
    doc: 'Origins of the web pages that may connect. Others are refused with 4009. Clients that send no `Origin`, such as servers, are not affected.',
  },
  subscriptionCounts: {
    type: 'boolean',
    default: false,
    doc: 'Whether subscribers of a channel are sent their number.',
  },
  webhooks: {
    type: 'groups',
    settings: WEBHOOK_SETTINGS as typeof WEBHOOK_SETTINGS,
    doc: 'Where events of the app are sent.',
  },
} as const;

/** The apps of a broker. */
export const APPS_SETTINGS = {
  apps: {
    type: 'groups',
    settings: APP_SETTINGS as typeof APP_SETTINGS,
    minItems: 1,
    required: true,
    reloads: true,
    doc: 'The apps that the broker serves.',
  },
} as const;
