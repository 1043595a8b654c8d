import { isRecord } from '@rollcall/protocol';
import * as v from 'valibot';
import type { BrokerOptions } from './options.ts';
import { WEBHOOK_EVENTS } from './webhooks/event.ts';

/** Where the certificate and its key are, both PEM. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
}

export type ConfigFile = Omit<BrokerOptions, 'logger' | 'tls'> & { readonly tls?: TlsFiles };

const text = v.string('must be a string');
const number = v.exactOptional(v.number('must be a number'));
const boolean = v.exactOptional(v.boolean('must be true or false'));
/** A list would pass for an object without keys. */
const record = v.custom<Record<string, unknown>>(isRecord, 'must be an object');

const webhook = known({
  url: text,
  events: v.exactOptional(
    list(v.picklist(WEBHOOK_EVENTS, `must be one of ${WEBHOOK_EVENTS.join(', ')}`)),
  ),
});

const app = known({
  appId: text,
  key: text,
  secret: text,
  enabled: boolean,
  maxConnections: number,
  subscriptionCounts: boolean,
  webhooks: v.exactOptional(list(webhook)),
});

/** What a configuration file may hold. Which numbers can be is for whoever reads the options to say. */
export const configSchema: v.GenericSchema<unknown, ConfigFile> = known({
  apps: list(app),
  host: v.exactOptional(text),
  port: number,
  tls: v.exactOptional(known({ cert: text, key: text })),
  metrics: v.exactOptional(
    known({ host: v.exactOptional(text), port: v.number('must be a number') }),
  ),
  activityTimeoutMs: number,
  pongTimeoutMs: number,
  maxSubscriptions: number,
  maxPublicSubscriptions: number,
  maxUnreadBytes: number,
});

function list<const T extends v.GenericSchema>(item: T) {
  return v.array(item, 'must be a list');
}

/** An object of these fields and no others: one with a slip in its name would be ignored. */
function known<const T extends v.ObjectEntries>(entries: T) {
  const names = Object.keys(entries).join(', ');
  return v.pipe(
    record,
    v.strictObject(entries, ({ expected }) =>
      expected === 'never' ? `is not known; there are ${names}` : 'is missing',
    ),
  );
}
