import type { Decision, Filter, RequestView } from '@rollcall/proxy';
import { unknownHost } from '../problem.ts';

/** What the port without TLS does, where there is one besides the port with TLS. */
export interface PlainHttpSettings {
  /** The port to redirect to. Undefined: requests are served. */
  readonly redirectPort: number | undefined;
  /** Answers to HTTP-01 challenges (RFC 8555 §8.3), by token, while they are pending. */
  readonly challenges: ReadonlyMap<string, string>;
}

const CHALLENGE_PATH = '/.well-known/acme-challenge/';

/**
 * Decides what becomes of a request that came without TLS; undefined if the router decides as about any other.
 * @param servesHost whether the gateway serves a Host
 */
export function decidePlain(
  { isSecure, host, target }: RequestView,
  { redirectPort, challenges }: PlainHttpSettings,
  servesHost: (host: string) => boolean,
): Decision | undefined {
  if (isSecure) return undefined;
  if (target.startsWith(CHALLENGE_PATH)) {
    const answer = challenges.get(target.slice(CHALLENGE_PATH.length));
    if (answer !== undefined) return answeredBy(challengeFilter(answer));
  }
  // To redirect to a host of others would lend them the name of this gateway: the router answers 404.
  if (redirectPort === undefined || !servesHost(host)) return undefined;
  const name = host.replace(/:[0-9]*$/, '');
  if (name === '') return { type: 'answer', problem: unknownHost(host) };
  const port = redirectPort === 443 ? '' : `:${redirectPort}`;
  return answeredBy(
    redirectFilter(`https://${name}${port}${target.startsWith('/') ? target : '/'}`),
  );
}

function answeredBy(filter: Filter): Decision {
  return { type: 'forward', target: '/', filters: [filter], next: () => undefined };
}

function challengeFilter(body: string): Filter {
  const fields = [['content-type', 'text/plain']] as const;
  return { name: 'acme', onRequest: () => ({ status: 200, fields, body }) };
}

function redirectFilter(location: string): Filter {
  return { name: 'https', onRequest: () => ({ status: 308, fields: [['location', location]] }) };
}
