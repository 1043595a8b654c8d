import type { Duplex } from 'node:stream';
import type { Problem } from '../problems.ts';
import type { ClientCertificate } from '../downstream/client-certificate.ts';
import type { FieldSet } from './field-set.ts';

/**
 * One step of a route. A filter is made once and serves every request of its routes, so it keeps no state of a single
 * request in itself; a WeakMap keyed by the request does.
 *
 * Requests pass the filters of a route in their order, responses in the reverse order. Every response of the route
 * passes them all: of the upstream, of a filter, and the proxy's own problems.
 *
 * A filter that throws or rejects ends the request with 500 `filter-failed`, or resets the response if its head was
 * sent already.
 */
export interface Filter {
  /** For logs. */
  readonly name: string;
  /**
   * Runs before the request is sent. Returning nothing lets it pass; an answer ends it here. A promise pauses the
   * client until it settles, for at most `limits.filterMs` for all filters of the request.
   */
  onRequest?(request: FilterRequest): void | FilterOutcome | Promise<void | FilterOutcome>;
  /** Runs once for each request that `onRequest` let pass, when its response has ended or never will. */
  onRequestEnd?(request: FilterRequest): void;
  /**
   * Runs before the head of the response is written. Informational (1xx) heads do not pass here. A response to HEAD has
   * no Content-Length if a filter changes its Content-Encoding.
   */
  onResponse?(response: FilterResponse, request: FilterRequest): void;
  /**
   * Returns what the body of the response is piped through, or nothing to leave it alone. Called after all
   * `onResponse`, and only if there is a body. The response then has no Content-Length; its trailers stay.
   */
  transformResponse?(response: FilterResponse, request: FilterRequest): BodyTransform | undefined;
}

/** A stream of Node that takes the body in and gives another out, such as those of `node:zlib`. */
export type BodyTransform = Duplex;

/** How a filter ends a request in place of the upstream. */
export type FilterOutcome = FilterAnswer | FilterProblem;

/** The request as filters see and change it. */
export interface FilterRequest {
  /** In upper case, as it came. */
  readonly method: string;
  /** The Host that the client asked for; `''` if HTTP/1.0 came without. */
  readonly host: string;
  /** Path and query as they came. */
  readonly target: string;
  /** The name of its route; undefined if it has none. */
  readonly route: string | undefined;
  /**
   * Path and query for the upstream.
   * @throws TypeError when set to something that is no origin-form target (RFC 9112 §3.2.1)
   */
  upstreamTarget: string;
  /** The client's IP address: the last one on the way here that is no trusted proxy. */
  readonly clientAddress: string;
  /** Whether the client used https, towards this proxy or towards a trusted one in front of it. */
  readonly isSecure: boolean;
  /** Who the request was proven to be, for other filters and the summary. Undefined until a filter has proven it. */
  consumer: string | undefined;
  /** What the client has proved by a certificate, if clients are asked for one: see {@link TlsSettings.clientCa}. */
  readonly clientCertificate: ClientCertificate | undefined;
  /** Sent to the upstream as X-Request-Id. */
  readonly requestId: string;
  /**
   * The fields for the upstream, with what a trusted proxy added (X-Real-IP, X-Forwarded-User). Fields that the proxy
   * writes itself (Via, Forwarded, X-Forwarded-For, -Host, -Port, -Proto and -Prefix) are added later.
   */
  readonly fields: FieldSet;
}

/** The head of a response as filters see and change it. */
export interface FilterResponse {
  /**
   * The status for the client.
   * @throws RangeError when set to something else than 200 to 599, or when it would give the response a body or take it
   *   away (204, 304)
   */
  status: number;
  /** The fields for the client. */
  readonly fields: FieldSet;
  /**
   * The body of a response that the proxy makes itself; undefined for one of the upstream, which `transformResponse` can
   * change.
   * @throws TypeError when set for one of the upstream, or for a status without a body (204, 304)
   */
  body: Uint8Array | undefined;
  /** The problem that the body says, of the proxy or of a filter. Undefined for every other response. */
  readonly problem: Problem | undefined;
}

/** A response that a filter sends in place of the upstream. Content-Length and Date are added. */
export interface FilterAnswer {
  /** 200 to 599. */
  readonly status: number;
  /** Default: none. Fields that the proxy writes itself are refused. */
  readonly fields?: Iterable<readonly [name: string, value: string]>;
  /** Default: none. Not sent in answer to HEAD. */
  readonly body?: string | Uint8Array;
}

/** A problem that a filter sends in place of the upstream. */
export interface FilterProblem {
  /** Sent as `application/problem+json`. Its code stands in the summary. */
  readonly problem: Problem;
  /** Default: none. Fields that the proxy writes itself are refused. */
  readonly fields?: Iterable<readonly [name: string, value: string]>;
}
