import type { KeyObject } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import {
  AUTH_PATHS,
  authRequestText,
  encodeAnnouncement,
  formatProof,
  isRecord,
  RollcallError,
} from '@rollcall/protocol';
import type { Channels } from '@rollcall/protocol';
import { readJson } from '@rollcall/protocol/pusher';
import { httpRequest, httpTarget } from '@rollcall/runtime';
import type { HttpFailure, HttpResponse } from '@rollcall/runtime';
import { oneLine } from '../transport/one-line.ts';
import { adviceOnAny } from '../transport/reach.ts';
import type { AuthorizedConnection } from '../transport/registry-config.ts';
import { publicKeyOf, readServiceKey, signText } from '../trust/ed25519.ts';
import type { AuthServer } from '../transport/auth-server.ts';
import type { Authorization, OwnerAccess } from '../transport/owner-access.ts';
import { readRegistry } from './read-registry.ts';

/** The auth server itself asks a broker for up to 15 s. */
const TIMEOUT_MS = 20_000;
const RETRY_DELAYS_MS = [100, 400];
/** A service that leaves has 3 s for all of its attempts. */
const MAX_RETRY_AFTER_MS = 1000;
const MAX_RESPONSE_BYTES = 65_536;
const CHANNEL_KEY_BYTES = 32;

type Path = (typeof AUTH_PATHS)[keyof typeof AUTH_PATHS];

/**
 * Asks an auth server for what needs the app's secret. Everything rejects with a RollcallError:
 * ROLLCALL_AUTH_UNREACHABLE after three attempts, ROLLCALL_AUTH_REFUSED at once.
 */
export class AuthClient {
  readonly #url: string;
  readonly #serviceKey: string;
  readonly #key: KeyObject;
  readonly #publicKey: string;

  constructor({ authUrl, serviceKey }: AuthServer) {
    this.#url = authUrl.replace(/\/$/, '');
    this.#serviceKey = serviceKey;
    this.#key = readServiceKey(serviceKey);
    this.#publicKey = publicKeyOf(serviceKey);
  }

  /** Where the registry is, with a connection for each of its brokers. */
  async connections(): Promise<readonly [AuthorizedConnection, ...AuthorizedConnection[]]> {
    const registry = readRegistry(await this.#ask(AUTH_PATHS.registry, {}));
    if (registry === undefined) throw this.#refused('its response names no registry');
    const { channels } = registry;
    const [first, ...others] = registry.brokers.map(({ id, ...broker }): AuthorizedConnection => {
      const channelKeys = new Map<string, Uint8Array>();
      const access = this.#accessTo(id, channels, channelKeys);
      return { ...broker, channels, serviceKey: this.#serviceKey, channelKeys, access };
    });
    if (first === undefined) throw this.#refused('its response names no broker');
    return [first, ...others];
  }

  /** @param channelKeys receives the keys of the channels of an encrypted registry */
  #accessTo(broker: string, channels: Channels, channelKeys: Map<string, Uint8Array>): OwnerAccess {
    return {
      authorize: async ({ socketId, channelName, identity }) => {
        const answer = await this.#ask(AUTH_PATHS.channel, {
          broker,
          socket_id: socketId,
          channel_name: channelName,
          ...(identity !== undefined && { announcement: identity.user_info }),
        });
        const authorization = readAuthorization(answer);
        const isWhole =
          authorization !== undefined &&
          (identity === undefined || isMemberData(authorization.channel_data)) &&
          (!channels.isEncrypted || authorization.shared_secret !== undefined);
        if (!isWhole) throw this.#refused(`its response is no authorization of ${channelName}`);
        const { shared_secret: secret } = authorization;
        if (secret !== undefined) channelKeys.set(channelName, Buffer.from(secret, 'base64'));
        return authorization;
      },
      publish: async (event, announcement) => {
        const fields = encodeAnnouncement(announcement);
        await this.#ask(AUTH_PATHS.announce, { broker, event, announcement: fields });
      },
    };
  }

  async #ask(path: Path, fields: Record<string, unknown>): Promise<unknown> {
    for (const wait of [...RETRY_DELAYS_MS, undefined]) {
      const outcome = await this.#request(path, JSON.stringify(fields));
      if ('status' in outcome && outcome.status === 200) return readJson(outcome.body);
      if ('code' in outcome && outcome.code === 'EMSGSIZE')
        throw this.#refused(`its response has more than ${MAX_RESPONSE_BYTES} bytes`);
      if (!isTemporary(outcome)) throw this.#refused(describe(outcome));
      if (wait === undefined) throw this.#unreachable(outcome);
      await delay(Math.max(wait, retryAfterMs(outcome)));
    }
    throw new Error('the last attempt returns or throws');
  }

  #request(path: Path, body: string): Promise<HttpResponse | HttpFailure> {
    const time = Math.floor(Date.now() / 1000);
    const signature = signText(this.#key, authRequestText(path, time, body));
    const authorization = formatProof({ key: this.#publicKey, time, signature });
    return httpRequest({
      ...httpTarget(this.#url + path),
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body,
      readsBody: true,
      maxBodyBytes: MAX_RESPONSE_BYTES,
      timeoutMs: TIMEOUT_MS,
    });
  }

  #refused(detail: string): RollcallError {
    return new RollcallError(
      'ROLLCALL_AUTH_REFUSED',
      `the auth server at ${this.#url} refused (${detail}): check ROLLCALL_AUTH_URL and ROLLCALL_SERVICE_KEY, and that the key owns the prefix there`,
    );
  }

  #unreachable(outcome: HttpResponse | HttpFailure): RollcallError {
    const detail = describe(outcome);
    const advice =
      adviceOnAny(detail) ??
      'check ROLLCALL_AUTH_URL, and that the server runs and this machine may connect to it';
    return new RollcallError(
      'ROLLCALL_AUTH_UNREACHABLE',
      `no answer of the auth server at ${this.#url} (${detail}): ${advice}`,
    );
  }
}

/**
 * Asks an auth server where the registry is: a connection for each of its brokers.
 * @throws RollcallError ROLLCALL_AUTH_UNREACHABLE or ROLLCALL_AUTH_REFUSED
 */
export function askAuthServer(
  server: AuthServer,
): Promise<readonly [AuthorizedConnection, ...AuthorizedConnection[]]> {
  return new AuthClient(server).connections();
}

/** Whether the same request may succeed later. */
function isTemporary(outcome: HttpResponse | HttpFailure): boolean {
  return !('status' in outcome) || outcome.status >= 500 || outcome.status === 429;
}

/** How long an auth server that is busy asks to wait, of that so much as there is time for. */
function retryAfterMs(outcome: HttpResponse | HttpFailure): number {
  if (!('status' in outcome) || outcome.status !== 429) return 0;
  return Math.min((Number(outcome.headers['retry-after']) || 0) * 1000, MAX_RETRY_AFTER_MS);
}

function describe(outcome: HttpResponse | HttpFailure): string {
  if (!('status' in outcome)) return outcome.code;
  const body = readJson(outcome.body);
  const detail = isRecord(body) ? body['detail'] : undefined;
  return typeof detail === 'string'
    ? `HTTP ${outcome.status}: ${oneLine(detail)}`
    : `HTTP ${outcome.status}`;
}

/** Whether pusher-js can read who the member of a presence channel is: it throws at other data where nothing catches it. */
function isMemberData(data: string | undefined): boolean {
  const member = data === undefined ? undefined : readJson(data);
  return isRecord(member) && typeof member['user_id'] === 'string';
}

/** The key of a channel in the one spelling of base64 that every reader accepts: they throw at others where nothing catches it. */
function isChannelKey(value: unknown): value is string {
  if (typeof value !== 'string') return false;
  const bytes = Buffer.from(value, 'base64');
  return bytes.length === CHANNEL_KEY_BYTES && bytes.toString('base64') === value;
}

function readAuthorization(value: unknown): Authorization | undefined {
  if (!isRecord(value)) return undefined;
  const { auth, channel_data: data, shared_secret: secret } = value;
  if (typeof auth !== 'string' || !(secret === undefined || isChannelKey(secret))) return undefined;
  return {
    auth,
    ...(typeof data === 'string' && { channel_data: data }),
    ...(secret !== undefined && { shared_secret: secret }),
  };
}
