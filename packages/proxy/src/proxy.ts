import type { Duplex } from 'node:stream';
import type { Problem } from './problems.ts';
import type { Filter } from './filters/filter.ts';
import type { Limits, RouteLimits } from './limits.ts';
import type { Certificate } from './downstream/tls-front.ts';

/** Where an instance listens. */
export interface Upstream {
  /** Which instance this is, for whoever decides. */
  readonly key: string;
  /** Canonical IP address. */
  readonly address: string;
  readonly port: number;
  /** Whether it speaks TLS. Its certificate must be valid for its address. Default: it does not. */
  readonly isSecure?: boolean;
}

/** Where a server listens. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** What becomes of a request. */
export type Decision = Forward | Answer;

/** The gateway answers itself. */
interface Answer {
  readonly type: 'answer';
  readonly problem: Problem;
  /** What it would have been routed by, if that is known. */
  readonly prefix?: string;
  /** Those of its route, if that is known: the response passes them too. */
  readonly filters?: readonly Filter[] | undefined;
}

/** The request goes to an upstream. */
export interface Forward {
  readonly type: 'forward';
  /** Path and query for the upstream: usually those that came, without the prefix of the route. */
  readonly target: string;
  /** The prefix of the route. Default `''`. */
  readonly prefix?: string;
  /** Whether the prefix is gone from the target. Then the upstream gets it as X-Forwarded-Prefix. Default true. */
  readonly isStripped?: boolean;
  /** All limits of this route, put together once and not for each request. Default: those of the proxy. */
  readonly limits?: RouteLimits | undefined;
  /** What requests and responses of this route pass, in this order. Default: none. */
  readonly filters?: readonly Filter[] | undefined;
  /**
   * Returns the upstream to try. Called again if nothing could be sent to that one, or if the request may be sent once
   * more: then it returns the one to try instead, or undefined if none is left.
   */
  next(): Upstream | undefined;
  /** The problem if `next` returns nothing the first time. Default: `no-upstream`. */
  readonly unavailable?: Problem;
  /** The head of that upstream's response has come. */
  onResponse?(status: number): void;
  /**
   * The attempt is over: called once for each upstream that `next` has returned.
   * @param isFault it could not be reached, broke off, or did not respond in time
   */
  onAttemptEnd?(isFault: boolean): void;
  /** Whether a request that was sent, and that is safe to send again, may be. Default: it may. */
  mayRetry?(): boolean;
}

/** A request, as far as one may want to know it to decide. What is not asked for costs nothing. */
export interface RequestView {
  readonly method: string;
  /** The client's IP address: the last one on the way here that is no trusted proxy. */
  readonly address: string;
  /** The values of the fields of this name, in lower case, as a list; nothing if there are none. */
  field(name: string): string | undefined;
}

/** Decides by the Host header and the request target, and perhaps by more. It is over when it returns. */
export type Decide = (host: string, target: string, asked: RequestView) => Decision;

/** What an engine asks of a client's connection: those of `node:net` and `node:tls` have it. */
export interface ClientSocket extends Duplex {
  readonly remoteAddress?: string | undefined;
  readonly localPort?: number | undefined;
  readonly encrypted?: boolean | undefined;
  destroySoon(): void;
  setKeepAlive(enable: boolean, initialDelayMs: number): unknown;
}

/**
 * The seam between what to do with a request and doing it. An engine parses, connects, forwards
 * bodies both ways and answers problems; it knows nothing of discovery or routing.
 */
export interface ReverseProxy {
  /**
   * Listens; with port 0 the system picks one. Rejects with Node's own error, such as EADDRINUSE.
   */
  listen(port: number, host: string): Promise<ListenAddress>;
  /** Serves a client whose connection somebody else has accepted. */
  serve(socket: ClientSocket): void;
  /**
   * Other settings for what begins from now on. Whether it speaks TLS stays as it is.
   * @throws ProxyError ERR_PROXY_CERTIFICATE: then all is as before
   */
  configure(settings: ProxySettings): void;
  /** Connections of clients at this moment. */
  readonly clients: number;
  /** Connections to each instance, and those of them that nobody uses. */
  pools(): Iterable<readonly [key: string, { readonly open: number; readonly idle: number }]>;
  /** Nobody is there any more: closes idle connections to it. Requests in flight finish. */
  release(upstream: Pick<Upstream, 'address' | 'port'>): void;
  /** Accepts no more, lets requests in flight finish, and cuts what is left after `graceMs`. */
  close(graceMs: number): Promise<void>;
}

/** One request that came, and how it was answered. */
export interface RequestSummary {
  /** Method, host and target as they came; `''` if they could not be read. */
  readonly method: string;
  readonly host: string;
  readonly target: string;
  /** The client's IP address: the last one on the way here that is no trusted proxy. */
  readonly client: string;
  readonly requestId: string;
  /** Of W3C Trace Context, if the client sent one that is valid. */
  readonly traceparent: string | undefined;
  /** What it was routed by; nothing if it was not. */
  readonly prefix: string | undefined;
  /** The key of the instance that answered, or was tried last. */
  readonly instance: string | undefined;
  /** What the client was answered with; 101 for a tunnel; 499 if the client left before. */
  readonly status: number;
  /** Whether the answer was broken off, by whichever side. */
  readonly isAborted: boolean;
  /** Why the gateway answered itself, if it did. */
  readonly problem: string | undefined;
  /** The filter that answered in place of the upstream, if one did. */
  readonly filter: string | undefined;
  /** Milliseconds from its whole head to the end of its answer, or of the tunnel. */
  readonly ms: number;
  /** Milliseconds from when it was sent to that instance until the head of the answer came. */
  readonly upstreamMs: number | undefined;
  /** Bytes of the bodies without their framing, or that went through the tunnel. */
  readonly requestBytes: number;
  readonly responseBytes: number;
}

/** A request on its way through this gateway and beyond, for whoever follows it. */
export interface Trace {
  /** What the instance is sent as traceparent (W3C Trace Context). */
  readonly traceparent: string;
  /** It is over, as `onExchanged` is told. */
  ended(exchanged: RequestSummary): void;
}

/** What may change while an engine runs. */
export interface ProxySettings {
  /**
   * Whether this address is a proxy in front of this one. What it says about where a request comes from is believed
   * and passed on (X-Forwarded-*, X-Request-Id); from any other address it is dropped. Default: none is trusted.
   */
  readonly isTrustedProxy?: (address: string) => boolean;
  /** With it, the engine listens for TLS alone. Default: none. */
  readonly certificate?: Certificate;
  /** Those that differ from the defaults. */
  readonly limits?: Partial<Limits>;
}

/** What an engine needs from outside. */
export interface ProxyOptions extends ProxySettings {
  readonly decide: Decide;
  /** What this gateway is called in Via (RFC 9110 §7.6.3): a token that no other gateway has. */
  readonly pseudonym: string;
  /** Who signs the certificates of instances that speak TLS, as PEM. Default: whom Node trusts. */
  readonly instanceCa?: string | Buffer;
  /** No connection could be made: refused, or not within the time for it. */
  readonly onUnreachable?:
    | ((upstream: Upstream, verdict: 'refused' | 'failed') => void)
    | undefined;
  /**
   * A filter has thrown, rejected or taken too long, and its request was answered with 500 `filter-failed`.
   * @param filter its name; `''` if it cannot be said which one it was
   */
  readonly onFilterError?: (filter: string, error: unknown, requestId: string) => void;
  /** Told once of each request, when its answer has ended or never will. Without it, nothing is noted of requests. */
  readonly onRequestEnd?: (exchanged: RequestSummary) => void;
  /**
   * With `onExchanged`: follows a request that has begun, by the client's traceparent if that is valid. Default:
   * nobody does, and the instance is sent what the client has sent.
   */
  readonly onRequestStart?: ((traceparent: string | undefined) => Trace) | undefined;
}
