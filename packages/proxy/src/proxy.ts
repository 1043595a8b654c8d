import type { X509Certificate } from 'node:crypto';
import type { Duplex } from 'node:stream';
import type { ConnectionOptions } from 'node:tls';
import type { TlsSettings } from './downstream/certificates.ts';
import type { Filter } from './filters/filter.ts';
import type { Limits, RouteLimits } from './limits.ts';
import type { Problem } from './problems.ts';

/** A server that requests are forwarded to. Names such as `instanceIdleMs` call it an instance. */
export interface Upstream {
  /** Identifies the upstream in summaries and among the pools of connections. */
  readonly key: string;
  /** IP address or host name. An IP address saves a lookup for each connection. */
  readonly address: string;
  /** From 1 to 65535. */
  readonly port: number;
  /** How the connection is secured. Default: it is not; the upstream speaks no TLS. */
  readonly tls?: UpstreamTls;
  /** Whether it speaks HTTP/2: with TLS by ALPN, without by prior knowledge. Default false: HTTP/1.1. */
  readonly isHttp2?: boolean;
  /** The Host that requests to it get. Default: that of the client. */
  readonly host?: string;
}

/**
 * How connections to an upstream are secured, as options of Node's `tls.connect`. Upstreams share connections only if all of
 * these are the same; of `checkServerIdentity`, the `identity`.
 */
export interface UpstreamTls extends Pick<
  ConnectionOptions,
  'secureContext' | 'servername' | 'checkServerIdentity'
> {
  /** What `checkServerIdentity` wants the certificate to be for. Default: as Node, the `servername`, or the address. */
  readonly identity?: string;
}

/** Where a server listens. */
export interface ListenAddress {
  /** The host, as it was given to `listen`. */
  readonly host: string;
  /** The port that the system picked if 0 was given. */
  readonly port: number;
}

/** What becomes of a request. */
export type Decision = Forward | ProblemAnswer;

/** The proxy answers itself. */
export interface ProblemAnswer {
  /** Distinguishes the two kinds of decisions. */
  readonly type: 'answer';
  /** Sent as `application/problem+json`. */
  readonly problem: Problem;
  /** The name of the route, if it is known: for the summary. */
  readonly route?: string;
  /** The filters of the route, if it is known: the response passes them. Default: none. */
  readonly filters?: readonly Filter[] | undefined;
}

/** How an attempt at an upstream ended. */
export type AttemptEnd =
  /** The head of a response had come, and what followed was no fault of the upstream. */
  | 'responded'
  /** The upstream could not be reached, refused the request, broke off, or did not respond in time. */
  | 'failed'
  /** It was given up before a response had come: the client left, or its deadline or its body ended it. */
  | 'abandoned'
  /**
   * The upstream has not processed it, which is not its fault: it was closing the connection in order (RFC 9113 §6.8), or
   * this machine has run out of something.
   */
  | 'unsent';

/** The request goes to an upstream. */
export interface Forward {
  /** Distinguishes the two kinds of decisions. */
  readonly type: 'forward';
  /** Path and query for the upstream: usually those of the request, without the prefix of the route. */
  readonly target: string;
  /** The name of the route, for the summary. Default: its prefix. */
  readonly route?: string;
  /** The prefix of the route. Default `''`. */
  readonly prefix?: string;
  /** Whether the prefix was removed from the target. Then the upstream gets it as X-Forwarded-Prefix. Default true. */
  readonly isStripped?: boolean;
  /**
   * Whether the trailers of requests are passed on. An upstream that does not read them takes them for its next request.
   * Default false: they are dropped.
   */
  readonly passesTrailers?: boolean;
  /**
   * Whether responses get the prefix back where it was stripped: in Location, Content-Location, Refresh and the Path of
   * cookies; and whether HTML at the bare prefix is answered with a redirect to the prefix with a slash. Default true.
   */
  readonly restoresPrefix?: boolean;
  /** All limits of this route. Build this object once, not for each request. Default: those of the proxy. */
  readonly limits?: RouteLimits | undefined;
  /** The filters that requests of this route pass, in this order; responses pass them in reverse. Default: none. */
  readonly filters?: readonly Filter[] | undefined;
  /**
   * Returns the upstream to try. Called again if nothing could be sent to that one, or if the request may be sent once
   * more: then it returns the one to try instead, or undefined if none is left.
   */
  next(): Upstream | undefined;
  /**
   * Called when `next` has returned undefined, and the upstream before is tried once more: it has closed a connection that had
   * been idle, or refused the request. `onResponse` and `onAttemptEnd` follow, as after `next`.
   */
  again?(): void;
  /** The problem to answer with if `next` returns undefined the first time. Default: `no-upstream`. */
  readonly unavailable?: Problem;
  /** Called when the head of that upstream's response has come. */
  onResponse?(status: number): void;
  /** Called with the status of a call of gRPC, before its attempt is over; before `onResponse` if there is no body. */
  onGrpcStatus?(status: number): void;
  /** Called when an attempt is over, once for each upstream that `next` has returned, and for each `again`. */
  onAttemptEnd?(end: AttemptEnd): void;
  /** Returns whether a request that was sent, and that is safe to send again, may be. Default: it may. */
  mayRetry?(): boolean;
  /**
   * Returns where a copy of the request goes, or undefined if it gets none. Called once, when the filters have let it pass.
   * Default: it gets none.
   */
  mirror?(): Mirror | undefined;
}

/**
 * The way of a copy of a request. The client does not wait for it: the copy is sent once the request was sent to its end,
 * with X-Forwarded-Mirror, and its response is read and dropped. Upgrades are not copied, nor are trailers.
 */
export interface Mirror {
  /** A request with a larger body is not copied. */
  readonly maxBodyBytes: number;
  /** From when the copy is sent to the end of its response, in milliseconds. Longer: it is broken off. */
  readonly timeoutMs: number;
  /** Returns the upstream for the copy when it is complete; undefined drops it. */
  next(): Upstream | undefined;
  /**
   * Called when a copy is over that `next` has returned an upstream for.
   * @param status of the response; undefined if none has come to its end in time. Of one above 1 MiB the rest is not awaited
   */
  onEnd(status: number | undefined): void;
  /** Called if the request is not copied to its end. */
  onDropped(reason: MirrorDrop): void;
}

/**
 * Why a request is not copied to its end: it is an upgrade, its body is too large, all copies would hold more than a quarter
 * of `limits.heldBytes`, they would take file descriptors that clients may need, or it ended before it was sent.
 */
export type MirrorDrop = 'upgrade' | 'body-size' | 'held-bytes' | 'descriptors' | 'incomplete';

/** A request, as far as a decision may need it. Reading a part costs; parts that are not read cost nothing. */
export interface RequestView {
  /** In upper case, as it came. */
  readonly method: string;
  /** The Host, with its port if it came with one; `''` if HTTP/1.0 came without. */
  readonly host: string;
  /** Path and query, every byte as it came. */
  readonly target: string;
  /** The client's IP address: the last one on the way here that is no trusted proxy. */
  readonly clientAddress: string;
  /** Whether the client used https, towards this proxy or towards a trusted one in front of it. */
  readonly isSecure: boolean;
  /**
   * Returns the values of the fields of this name, joined by `, `; undefined if there are none.
   * @param name in lower case
   */
  field(name: string): string | undefined;
}

/** Decides synchronously what becomes of a request. */
export type Decide = (request: RequestView) => Decision;

/** What the proxy needs of a client's connection: the sockets of `node:net` and `node:tls` have it. */
export interface ClientSocket extends Duplex {
  /** The client's IP address. */
  readonly remoteAddress?: string | undefined;
  /** The port that the client has connected to: for X-Forwarded-Port. */
  readonly localPort?: number | undefined;
  /** Whether the connection is TLS: for X-Forwarded-Proto. */
  readonly encrypted?: boolean | undefined;
  /** What TLS has agreed on (RFC 7301): `h2` for HTTP/2. */
  readonly alpnProtocol?: string | false | null | undefined;
  /** Whether the client has a certificate of the CA of clients. */
  readonly authorized?: boolean | undefined;
  /** Returns that certificate. */
  getPeerX509Certificate?(): X509Certificate | undefined;
  /** Ends the connection once all is written. */
  destroySoon(): void;
  /** Called when the connection becomes a tunnel. */
  setKeepAlive(enable: boolean, initialDelayMs: number): unknown;
}

/** A running reverse proxy. */
export interface ReverseProxy {
  /**
   * Listens for clients. Rejects with Node's own error, such as EADDRINUSE.
   * @param port 0 lets the system pick one
   * @param host IP address or host name. Default `127.0.0.1`
   */
  listen(port: number, host?: string): Promise<ListenAddress>;
  /** Listens for clients without TLS, besides: `isSecure` of a request shows which way it came. Parameters as of `listen`. */
  listenPlain(port: number, host?: string): Promise<ListenAddress>;
  /** Serves a client whose connection was accepted elsewhere. Nothing may have been read from it. */
  serve(socket: ClientSocket): void;
  /**
   * Replaces the settings for what begins from now on; those left out get their defaults. Whether the proxy speaks TLS
   * stays as it is.
   * @throws ProxyError ERR_PROXY_CERTIFICATE; the previous settings then stay
   */
  configure(settings: ProxySettings): void;
  /** Open connections of clients. */
  readonly clients: number;
  /** Connections of clients that were closed because too many are open: at once, or idle ones to make room. */
  readonly shedClients: number;
  /** Connections of clients that were reset because too much memory was held for all together: see {@link Limits}. */
  readonly heavyClients: number;
  /** Connections of clients that were closed because of what they have sent by HTTP/2: invalid frames, or floods of them. */
  readonly faultyClients: number;
  /** Returns the connections to each upstream, by its key: all, and those of them that are idle. */
  pools(): Iterable<readonly [key: string, { readonly open: number; readonly idle: number }]>;
  /** Closes the idle connections to an upstream that has gone. Requests in flight finish. */
  release(upstream: Pick<Upstream, 'address' | 'port'>): void;
  /**
   * Accepts no more connections, lets requests in flight finish, and resets the rest when the time is over.
   * @param graceMs default 8000
   */
  close(graceMs?: number): Promise<void>;
}

/** One request, and how it was answered. */
export interface RequestSummary {
  /** The version of HTTP that the client used. */
  readonly httpVersion: '1.0' | '1.1' | '2';
  /** `''` if the request could not be read. */
  readonly method: string;
  /** The Host as it came; `''` if the request could not be read. */
  readonly host: string;
  /** Path and query as they came; `''` if the request could not be read. */
  readonly target: string;
  /** The client's IP address: the last one on the way here that is no trusted proxy. */
  readonly client: string;
  /** Sent to the upstream and to the client as X-Request-Id, and part of each problem. */
  readonly requestId: string;
  /** Of W3C Trace Context, if the client sent one that is valid. */
  readonly traceparent: string | undefined;
  /** The name of its route; undefined if it had none. */
  readonly route: string | undefined;
  /** The key of the upstream that responded, or was tried last. */
  readonly instance: string | undefined;
  /** What the client was answered with; 101 for a tunnel; 499 if the client left before. */
  readonly status: number;
  /** How it ended, if it was a call of gRPC: 0 for OK. Undefined if it was none, or has no status. */
  readonly grpcStatus: number | undefined;
  /** Whether the response was broken off, by whichever side. */
  readonly isAborted: boolean;
  /** The code of the problem that the proxy answered with, if it did. */
  readonly problem: string | undefined;
  /** The name of the filter that answered in place of the upstream, if one did. */
  readonly filter: string | undefined;
  /** Who a filter proved the request to be, if one did. */
  readonly consumer: string | undefined;
  /** Milliseconds from the whole head to the end of the response, or of the tunnel. */
  readonly ms: number;
  /** Milliseconds from when the request was sent to that upstream until the head of the response came. */
  readonly upstreamMs: number | undefined;
  /** Bytes of the request's body without its framing, or of the tunnel towards the upstream. */
  readonly requestBytes: number;
  /** Bytes of the response's body without its framing, or of the tunnel towards the client. */
  readonly responseBytes: number;
  /** Bytes of the response's body before filters transformed it; 0 if none did. */
  readonly transformedBytes: number;
}

/** A request as a tracer follows it. */
export interface Trace {
  /** Sent to the upstream as traceparent (W3C Trace Context), in place of the client's. */
  readonly traceparent: string;
  /** Called when the request is over, before `onRequestEnd`. */
  ended(summary: RequestSummary): void;
}

/** The settings that may change while a proxy runs. */
export interface ProxySettings {
  /**
   * Whether this address is a proxy in front of this one. What it says about where a request comes from is believed
   * and passed on (X-Forwarded-*, X-Request-Id); from any other address it is dropped. Default: none is trusted.
   */
  readonly isTrustedProxy?: (address: string) => boolean;
  /**
   * Whether requests and trailers keep fields whose name has a `_`. Programs made for CGI see `_` and `-` as one, so that
   * a client could set any field by an alias. `X.Forwarded.For` is one too, because PHP reads `.` as `_`. Default false:
   * they are dropped.
   */
  readonly underscoresInHeaders?: boolean;
  /**
   * Whether requests get this proxy's Via (RFC 9110 §7.6.3). Without it no loop is recognized. Default true.
   */
  readonly via?: boolean;
  /** With it, `listen` speaks TLS and nothing else. Default: it speaks no TLS. */
  readonly tls?: TlsSettings;
  /** The limits that differ from {@link LIMITS}. */
  readonly limits?: Partial<Limits>;
}

/** What a proxy is made with. */
export interface ProxyOptions extends ProxySettings {
  /** Decides where each request goes: see {@link forwardTo} for the simplest. */
  readonly decide: Decide;
  /**
   * What this proxy is called in Via (RFC 9110 §7.6.3): a token that no other proxy has, by which a request that comes
   * back is recognized as a loop. Default: a random one.
   */
  readonly pseudonym?: string;
  /** Called when no connection could be made: `refused` by the upstream, not made in time (`unreachable`), or `failed` in another way. */
  readonly onUnreachable?:
    | ((upstream: Upstream, verdict: 'refused' | 'unreachable' | 'failed', error: Error) => void)
    | undefined;
  /**
   * Called when a filter has thrown, rejected or taken too long. `filter` is its name, or `''` if it is not known which
   * one it was.
   */
  readonly onFilterError?:
    | ((filter: string, error: unknown, requestId: string) => void)
    | undefined;
  /**
   * Called when the proxy itself has failed at a request, which is answered with 500 or reset. Default: a warning of the
   * process.
   */
  readonly onInternalError?: ((error: Error, requestId: string) => void) | undefined;
  /** Called for each field that is dropped because its name is an alias: see `underscoresInHeaders`. */
  readonly onFieldDropped?: () => void;
  /** Called once for each request, when its response has ended or never will. Without it, nothing is recorded. */
  readonly onRequestEnd?: (summary: RequestSummary) => void;
  /**
   * Called when a request begins, with the client's traceparent if that is valid. What it returns replaces the
   * traceparent for the upstream. It needs `onRequestEnd`. Default: the client's traceparent is passed on.
   */
  readonly onRequestStart?: ((traceparent: string | undefined) => Trace) | undefined;
}
