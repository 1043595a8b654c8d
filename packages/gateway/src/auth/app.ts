import type { BrokerAuthority } from '@rollcall/client';
import { AUTH_PATHS, isRecord, keyIdOf, quote, RollcallError } from '@rollcall/protocol';
import type { ErrorCode } from '@rollcall/protocol';
import { clientNetwork } from '@rollcall/proxy';
import { limitLines } from '@rollcall/runtime';
import type { Logger } from '@rollcall/runtime';
import { Hono } from 'hono';
import type { Context } from 'hono';
import type { LocalLimits } from '../filters/limits/local-limits.ts';
import { parseRate } from '../filters/limits/rate.ts';
import type { Rate } from '../filters/limits/rate.ts';
import { problemResponse } from '../problem-response.ts';
import type { AuthRules } from './auth-rules.ts';
import { AUTH_PROBLEMS, AuthRefusal } from './problem.ts';
import type { AuthProblemCode } from './problem.ts';

/** An announcement has at most 1 KB. */
const MAX_BODY_BYTES = 8192;
/** As for clients of the data plane: more than programs that are misconfigured, less than programs that guess. */
const FAILURES = parseRate('30/m');

export interface AuthAppOptions {
  /** What `/auth/registry` returns. */
  readonly registry: object;
  /** By the ids by which it names the brokers. */
  readonly authorities: ReadonlyMap<string, BrokerAuthority>;
  /** As they are now: a configuration may change. */
  readonly rules: () => AuthRules;
  readonly rate: () => Rate;
  readonly limits: Pick<LocalLimits, 'take'>;
  readonly clientAddress: (c: Context) => string;
  /** Counts a request. */
  readonly count: (result: 'ok' | AuthProblemCode) => void;
  readonly logger: Pick<Logger, 'info' | 'warn' | 'error'>;
}

type Fields = Readonly<Record<string, unknown>>;

/** The HTTP of an auth server: each request is proved by a service key, limited, and logged. */
export function authApp(options: AuthAppOptions): Hono {
  const { registry, authorities, rules, rate, limits, clientAddress, count, logger } = options;
  // A client without a key can cause them.
  const logRefused = limitLines(logger.warn.bind(logger));
  const app = new Hono();
  app.get('/healthz', (c) => c.text('ok\n'));

  function onPost(path: string, answer: (key: string, fields: Fields) => object | Promise<object>) {
    app.post(path, async (c) => {
      const from = clientNetwork(clientAddress(c));
      const body = await bodyOf(c.req.raw);
      const key = sender(c, path, from, body);
      takeOne(`key ${key}`, rate(), 'too-many-requests');
      const result = await answer(key, fieldsOf(body));
      count('ok');
      return c.json(result);
    });
    app.all(path, () => {
      throw new AuthRefusal('unknown-method', 'Use POST.');
    });
  }

  /** Who sends the request. What is refused of a network too often is answered by 429. */
  function sender(c: Context, path: string, from: string, body: string): string {
    try {
      return rules().sender(c.req.header('authorization') ?? '', path, body);
    } catch (error) {
      takeOne(`failure ${from}`, FAILURES, 'too-many-failures');
      throw error;
    }
  }

  function takeOne(
    name: string,
    limit: Rate,
    code: 'too-many-requests' | 'too-many-failures',
  ): void {
    const { isAllowed, retryMs } = limits.take(name, limit);
    if (isAllowed) return;
    const reason =
      code === 'too-many-requests'
        ? `One key may send ${limit.text}: raise auth.rate and auth.burst if it has more instances.`
        : `The limit is ${limit.text}.`;
    throw new AuthRefusal(code, reason, Math.ceil(retryMs / 1000));
  }

  function authorityOf({ broker }: Fields): BrokerAuthority {
    const authority = typeof broker === 'string' ? authorities.get(broker) : undefined;
    if (authority !== undefined) return authority;
    throw new AuthRefusal(
      'bad-request',
      `broker is ${quote(broker)}, which is none of this auth server: restart the service if the broker has moved.`,
    );
  }

  onPost(AUTH_PATHS.registry, () => registry);
  onPost(AUTH_PATHS.channel, (key, fields) => {
    const authority = authorityOf(fields);
    const { announcement, ...subscription } = rules().subscription(key, fields);
    const { channelName: channel } = subscription;
    logger.info({ key: keyIdOf(key), channel }, 'authorized a subscription');
    return authority.authorize(subscription, announcement);
  });
  onPost(AUTH_PATHS.announce, async (key, fields) => {
    const authority = authorityOf(fields);
    const { event, announcement } = rules().event(key, fields);
    await authority.publish(event, announcement);
    const { id, prefix } = announcement;
    logger.info({ key: keyIdOf(key), event, id, prefix: prefix || '/' }, 'published');
    return {};
  });
  app.notFound((c) => refused(c, new AuthRefusal('unknown-path', `${c.req.path} is unknown.`)));
  app.onError((error, c) => {
    const refusal = refusalOf(error);
    const { code, message: reason } = refusal;
    const from = clientAddress(c);
    count(code);
    if (code === 'internal') logger.error({ err: error, from }, 'the auth server failed');
    else logRefused({ from, code, reason }, 'refused a request to the auth server');
    return refused(c, refusal);
  });
  return app;
}

/** The body, however it is framed: proxies send on in chunks what they have not read whole. */
async function bodyOf(request: Request): Promise<string> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    for await (const chunk of request.body ?? []) {
      length += chunk.length;
      if (length > MAX_BODY_BYTES) break;
      chunks.push(chunk);
    }
  } catch {
    throw new AuthRefusal('bad-request', 'The connection ended before the body did.');
  }
  if (length > MAX_BODY_BYTES)
    throw new AuthRefusal('too-large', `At most ${MAX_BODY_BYTES} bytes.`);
  return Buffer.concat(chunks).toString();
}

function fieldsOf(body: string): Fields {
  try {
    const fields: unknown = JSON.parse(body);
    if (isRecord(fields)) return fields;
  } catch {}
  throw new AuthRefusal('bad-request', 'The body must be a JSON object.');
}

const CODES: Partial<Record<ErrorCode, AuthProblemCode>> = {
  ROLLCALL_ANNOUNCEMENT: 'bad-announcement',
  ROLLCALL_BROKER_REFUSED: 'broker-refused',
  ROLLCALL_BROKER_UNREACHABLE: 'broker-unreachable',
};

function refusalOf(error: Error): AuthRefusal {
  if (error instanceof AuthRefusal) return error;
  const code = error instanceof RollcallError ? CODES[error.code] : undefined;
  return code === undefined
    ? new AuthRefusal('internal', 'See its log.')
    : new AuthRefusal(code, error.message);
}

function refused(c: Context, { code, message: detail, retryAfterS }: AuthRefusal): Response {
  const problem = { ...AUTH_PROBLEMS[code], code, detail };
  return problemResponse(c, problem, {
    ...(problem.status === 401 && { 'www-authenticate': 'Rollcall' }),
    ...(code === 'unknown-method' && { allow: 'POST' }),
    ...(retryAfterS !== undefined && { 'retry-after': String(Math.max(1, retryAfterS)) }),
  });
}
