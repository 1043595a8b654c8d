import type { Change, Instance } from '@rollcall/client';
import type { RequestSummary } from '@rollcall/proxy';

/** A request that went well, but for what is said otherwise. */
export function exchanged(fields: Partial<RequestSummary> = {}): RequestSummary {
  return {
    httpVersion: '1.1',
    method: 'GET',
    host: 'localhost',
    target: '/v1/x?secret=1',
    client: '10.0.0.9',
    requestId: 'r-1',
    traceparent: undefined,
    route: '/v1',
    instance: 'a',
    status: 200,
    isAborted: false,
    problem: undefined,
    consumer: undefined,
    filter: undefined,
    ms: 12,
    upstreamMs: 8,
    requestBytes: 3,
    responseBytes: 5,
    transformedBytes: 0,
    ...fields,
  };
}

export function instance(key: string, prefix = '/v1'): Instance {
  return {
    key,
    announcement: { prefix, port: 1, address: '10.0.0.1' },
    status: 'healthy',
    since: 0,
  };
}

export function change(type: Change['type'], key: string, prefix = '/v1'): Change {
  return { type, instance: instance(key, prefix), why: '' };
}
