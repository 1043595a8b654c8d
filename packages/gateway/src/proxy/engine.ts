import type { Duplex } from 'node:stream';
import type { Problem, ProblemCode } from '../problem.ts';
import type { Limits, RouteLimits } from './limits.ts';
import type { Certificate } from './tls-front.ts';

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

/** What becomes of a request. */
export type Decision = Forward | Answer;

/** The gateway answers itself. */
interface Answer {
  readonly type: 'answer';
  readonly problem: Problem;
  /** What it would have been routed by, if that is known. */
  readonly prefix?: string;
}

/** A request on its way to an instance, for whoever chooses it and learns how it went. */
export interface Forward {
  readonly type: 'forward';
  /** The request target for the instance: made of bytes of the one that came. */
  readonly target: string;
  /** What it is routed by. */
  readonly prefix: string;
  /** Whether that is gone from the target. The instance is told what is. Default: it is. */
  readonly isStripped?: boolean;
  /** The limits of this route, all of them: put together once, and not for each request. Default: the engine's. */
  readonly limits?: RouteLimits | undefined;
  /**
   * The instance to try; asked again if nothing could be sent to that one, the one to try instead,
   * as things are by then. Nothing if there is none left.
   */
  next(): Upstream | undefined;
  /** The head of that one's answer has come. */
  answered(status: number): void;
  /**
   * The try is over: once for each instance that was named.
   * @param isFault it could not be reached, broke off, or did not answer in time
   */
  ended(isFault: boolean): void;
  /** Whether what was sent may be sent once more. It costs of what all may cost together. */
  mayRepeat(): boolean;
}

/** A request, as far as one may want to know it to decide. What is not asked for costs nothing. */
export interface Asked {
  readonly method: string;
  /** The client's IP address: the last one on the way here that is no trusted proxy. */
  readonly address: string;
  /** The values of the fields of this name, in lower case, as a list; nothing if there are none. */
  field(name: string): string | undefined;
}

/** Decides by the Host header and the request target, and perhaps by more. It is over when it returns. */
export type Decide = (host: string, target: string, asked: Asked) => Decision;

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
export interface Engine {
  /** @throws RollcallError ROLLCALL_PORT_TAKEN or ROLLCALL_LISTEN */
  listen(port: number, host: string): Promise<{ readonly host: string; readonly port: number }>;
  /** Serves a client whose connection somebody else has accepted. */
  serve(socket: ClientSocket): void;
  /**
   * Other settings for what begins from now on. Whether it speaks TLS stays as it is.
   * @throws RollcallError ROLLCALL_CONFIG if one of them cannot be: then all is as before
   */
  configure(settings: EngineSettings): void;
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
export interface Exchanged {
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
  readonly isCut: boolean;
  /** Why the gateway answered itself, if it did. */
  readonly problem: ProblemCode | undefined;
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
  ended(exchanged: Exchanged): void;
}

/** What may change while an engine runs. */
export interface EngineSettings {
  /**
   * CIDRs of proxies in front of this gateway. What they say of where a request comes from is believed and passed
   * on (X-Forwarded-*, X-Request-Id); what anybody else says of it is dropped. Default: none.
   */
  readonly trustedProxies?: readonly string[];
  /** With it, the engine listens for TLS alone. Default: none. */
  readonly certificate?: Certificate;
  /** Those that differ from the defaults. */
  readonly limits?: Partial<Limits>;
}

/** What an engine needs from outside. */
export interface EngineOptions extends EngineSettings {
  readonly decide: Decide;
  /** What this gateway is called in Via (RFC 9110 §7.6.3): a token that no other gateway has. */
  readonly pseudonym: string;
  /** Who signs the certificates of instances that speak TLS, as PEM. Default: whom Node trusts. */
  readonly instanceCa?: string | Buffer;
  /** No connection could be made: refused, or not within the time for it. */
  readonly onUnreachable: (upstream: Upstream, verdict: 'refused' | 'failed') => void;
  /** Told once of each request, when its answer has ended or never will. Without it, nothing is noted of requests. */
  readonly onExchanged?: (exchanged: Exchanged) => void;
  /**
   * With `onExchanged`: follows a request that has begun, by the client's traceparent if that is valid. Default:
   * nobody does, and the instance is sent what the client has sent.
   */
  readonly onBegun?: ((traceparent: string | undefined) => Trace) | undefined;
}
