/** The length of a body that is not known before it ends. */
export const UNKNOWN_LENGTH = -1;

/** A request, of any version of HTTP. */
export interface RequestHead {
  readonly method: string;
  /** Path and query (origin form, RFC 9112 §3.2.1), every byte as it came. */
  readonly target: string;
  /** The version it came by, for Via. */
  readonly version: '1.0' | '1.1' | '2';
  /** The authority of the target if it has one, else the Host; `''` if HTTP/1.0 came without. */
  readonly host: string;
  /** The lines to pass on: none that belongs to the connection or says where the request came from. */
  readonly fields: string;
  /** The lines that say where the request came from (X-Forwarded-*, X-Request-Id, ...); `''` for none. */
  readonly forwardedFields: string;
  /** Bytes of the body: 0 for none, UNKNOWN_LENGTH if its end is marked. */
  readonly length: number;
  /** Whether the client waits for a 100 before it sends its body. */
  readonly expectsContinue: boolean;
  /** Whether it asks for a WebSocket, the one protocol that is tunnelled. */
  readonly upgrades: boolean;
  /** Whether the client takes trailers (RFC 9110 §10.1.4). */
  readonly takesTrailers: boolean;
  /** The values of Via; `''` for none. */
  readonly via: string;
  /** Of W3C Trace Context, as it came; `''` for none. */
  readonly traceparent: string;
  /** RFC 9110 §7.6.2: how often a TRACE or OPTIONS may still be forwarded; Infinity if it does not say. */
  readonly maxForwards: number;
}

/** A response, of any version of HTTP. */
export interface ResponseHead {
  readonly status: number;
  /** Status and reason phrase, every byte as it came. */
  readonly statusLine: string;
  /** The lines to pass on: none that belongs to the connection. */
  readonly fields: string;
  /** Bytes of the body: 0 for none, negative if they are not known before it ends. */
  readonly length: number;
  readonly hasDate: boolean;
  /** Whether it has an X-Request-Id of its own. */
  readonly hasRequestId: boolean;
  /** Whether a field names a path or URL of the upstream: Location, Content-Location, Refresh, Set-Cookie. */
  readonly namesPaths: boolean;
  /** Whether it switches to WebSocket. */
  readonly upgrades: boolean;
}

/** Whether a body is complete, and what follows it then. */
export interface BodyEnd {
  readonly done: boolean;
  /** Lines of fields after the body; `''` for none. */
  readonly trailers: string;
}

/** More of the body follows. */
export const MORE: BodyEnd = { done: false, trailers: '' };
/** The body is complete and has no trailers, as nearly all. */
export const DONE: BodyEnd = { done: true, trailers: '' };

export const NO_PARTS: readonly Buffer[] = [];

export function endWith(trailers: string): BodyEnd {
  return trailers === '' ? DONE : { done: true, trailers };
}

/** Bytes of these parts together. */
export function sizeOf(parts: readonly Buffer[]): number {
  let size = 0;
  for (const { length } of parts) size += length;
  return size;
}
