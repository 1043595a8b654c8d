import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { RollcallError } from '@rollcall/protocol';
import { readJson } from '@rollcall/protocol/pusher';
import type { AppOptions, BrokerOptions, MetricsOptions, WebhookOptions } from './options.ts';
import { boolean, list, number, object, oneOf, text } from './shape.ts';
import { WEBHOOK_EVENTS } from './webhooks/event.ts';

/** Where the certificate and its key are, both PEM. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
}

type ConfigFile = Omit<BrokerOptions, 'log' | 'tls'> & { readonly tls?: TlsFiles };

const webhook = object<WebhookOptions>({ url: text, events: list(oneOf(WEBHOOK_EVENTS)) }, 'url');

const app = object<AppOptions>(
  {
    appId: text,
    key: text,
    secret: text,
    enabled: boolean,
    maxConnections: number,
    subscriptionCounts: boolean,
    webhooks: list(webhook),
  },
  'appId',
  'key',
  'secret',
);

const configFile = object<ConfigFile>(
  {
    apps: list(app),
    host: text,
    port: number,
    tls: object<TlsFiles>({ cert: text, key: text }, 'cert', 'key'),
    metrics: object<MetricsOptions>({ host: text, port: number }, 'port'),
    activityTimeoutMs: number,
    pongTimeoutMs: number,
    maxSubscriptions: number,
    maxPublicSubscriptions: number,
    maxUnreadBytes: number,
  },
  'apps',
);

/**
 * Reads the options of a broker from a JSON file: those of {@link BrokerOptions}, with the names of
 * files, from the folder it is in, as `tls.cert` and `tls.key`.
 *
 * @throws {@link RollcallError} `ROLLCALL_CONFIG`
 */
export async function readConfigFile(file: string): Promise<BrokerOptions> {
  const { tls, ...options } = parse(file, await read(file));
  if (tls === undefined) return options;
  const folder = dirname(file);
  const paths = { cert: resolve(folder, tls.cert), key: resolve(folder, tls.key) };
  return { ...options, tls: await readTlsFiles(paths) };
}

/** @throws {@link RollcallError} `ROLLCALL_CONFIG` */
export async function readTlsFiles(files: TlsFiles): Promise<{ cert: string; key: string }> {
  return { cert: await read(files.cert), key: await read(files.key) };
}

function parse(file: string, content: string): ConfigFile {
  const json = readJson(content);
  if (json === undefined) throw misconfigured(`${file} is not JSON`);
  try {
    return configFile(json, '');
  } catch (error) {
    throw error instanceof RollcallError ? misconfigured(`${file}: ${error.message}`) : error;
  }
}

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? String(cause);
    throw new RollcallError('ROLLCALL_CONFIG', `cannot read ${file} (${reason})`, { cause });
  }
}

function misconfigured(message: string): RollcallError {
  return new RollcallError('ROLLCALL_CONFIG', message);
}
