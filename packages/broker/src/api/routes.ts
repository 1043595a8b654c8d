import {
  getChannel,
  getChannels,
  getUsers,
  postBatchEvents,
  postEvents,
  terminateConnections,
} from './endpoints.ts';
import type { Endpoint } from './endpoints.ts';
import { HttpError } from './http-error.ts';

interface Route {
  readonly method: 'GET' | 'POST';
  readonly path: RegExp;
  readonly endpoint: Endpoint;
}

/** The endpoint of a request, and what its path names. */
export interface Match {
  readonly endpoint: Endpoint;
  readonly appId: string;
  /** The channel or user in the path; `''` for endpoints that have none. */
  readonly subject: string;
}

const ROUTES: readonly Route[] = [
  { method: 'POST', path: /^\/apps\/([^/]+)\/events$/, endpoint: postEvents },
  { method: 'POST', path: /^\/apps\/([^/]+)\/batch_events$/, endpoint: postBatchEvents },
  { method: 'GET', path: /^\/apps\/([^/]+)\/channels$/, endpoint: getChannels },
  { method: 'GET', path: /^\/apps\/([^/]+)\/channels\/([^/]+)$/, endpoint: getChannel },
  { method: 'GET', path: /^\/apps\/([^/]+)\/channels\/([^/]+)\/users$/, endpoint: getUsers },
  {
    method: 'POST',
    path: /^\/apps\/([^/]+)\/users\/([^/]+)\/terminate_connections$/,
    endpoint: terminateConnections,
  },
];

/** Finds the endpoint of a request. @throws {@link HttpError} 400, 404, 405 */
export function matchRoute(method: string, path: string): Match {
  const routes = ROUTES.filter((route) => route.path.test(path));
  const route = routes.find((candidate) => candidate.method === method);
  if (route !== undefined) {
    const [, appId = '', subject = ''] = route.path.exec(path) ?? [];
    return { endpoint: route.endpoint, appId, subject: decode(subject) };
  }
  if (routes.length === 0) throw new HttpError(404, 'there is nothing at this path');
  throw new HttpError(405, `use ${routes.map((other) => other.method).join(' or ')} at this path`);
}

/** Some SDKs percent-encode `=`, `@` and similar characters in channel names. */
function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new HttpError(400, 'the path is not properly escaped');
  }
}
