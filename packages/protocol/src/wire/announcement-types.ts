// Written by `npm run docs` from announcement-fields.ts.

/**
 * What the certificate of the instance has to be for, in place of its address. A server that does
 * not prove it is sent nothing. Needs the scheme `https` or `h2`.
 */
export interface InstanceIdentity {
  /**
   * The name that is sent as SNI, and that the certificate must be for unless there is a
   * `spiffeId`. Must be a DNS name such as "orders.internal". Example: `orders.internal`.
   */
  readonly serverName?: string;
  /**
   * The SPIFFE ID that the certificate must have, as its only URI. The names in the certificate
   * then do not count. Must be a SPIFFE ID such as "spiffe://example.org/orders". Example:
   * `spiffe://example.org/orders`.
   */
  readonly spiffeId?: string;
}

/**
 * The request with which observers probe the instance. Its path has to answer with a 2xx or 3xx
 * status. Without it they request `GET /health`, and any answer is healthy except a 5xx other than
 * 501; of an instance that speaks HTTP/2 they request nothing, and it is healthy if it does.
 */
export interface HealthCheck {
  /**
   * Path and query to request on the instance itself, without the prefix that gateways route. Must
   * be a path such as "/health". Example: `/health`.
   */
  readonly path: string;
  /**
   * The method of the request. `GRPC` asks `grpc.health.v1.Health/Check` instead, with the path as
   * the name of the service: `/helloworld.Greeter`, or `/` for the whole server. Default: `GET`.
   */
  readonly method: 'GET' | 'HEAD' | 'GRPC';
  /**
   * The Host of the request, for an instance that serves certain hosts only. Default: its address
   * and port. Must be a Host, such as "example.com". Example: `example.com`.
   */
  readonly host?: string;
}

/**
 * How gateways are asked to serve the prefix. A gateway grants what is within its own limits, its
 * own settings of the route take precedence, and the policy of the instance that started last
 * counts.
 */
export interface AnnouncedPolicy {
  /** How long a gateway waits for the head of a response. Range: 1 to 86400000 milliseconds. */
  readonly answerMs?: number;
  /**
   * How long a request and its response may take, retries included. Range: 1 to 86400000
   * milliseconds.
   */
  readonly totalMs?: number;
  /** How long the body of a request may be. Range: 1 to 9007199254740991 bytes. */
  readonly bodyBytes?: number;
  /**
   * How many requests each gateway may have in flight to one instance. Range: 1 to 1000000
   * requests.
   */
  readonly maxInFlight?: number;
  /** `false` if a request that was sent to an instance is never sent again. */
  readonly retries?: boolean;
  /** `false` if requests keep the prefix in their path. */
  readonly strip?: boolean;
  /** How gateways choose among the instances of the prefix. */
  readonly balancing?: 'round-robin' | 'least-request' | 'latency' | 'hash';
  /**
   * What requests are hashed by if `balancing` is `hash`. Must be "address", "header:NAME" or
   * "cookie:NAME". Example: `header:x-user-id`.
   */
  readonly hashBy?: string;
}

/** What an instance publishes about itself, in canonical form. */
export interface Announcement {
  /**
   * The path prefix that gateways route to the instance; '' for every path. At most 200 characters
   * and 16 segments. Example: `/v1`.
   */
  readonly prefix: string;
  /** The port on which the instance listens. Range: 1 to 65535. Example: `3000`. */
  readonly port: number;
  /**
   * The IP address at which observers and gateways reach the instance. IPv4 or IPv6, in canonical
   * form; not link-local, multicast, broadcast or unspecified. Example: `10.0.0.7`.
   */
  readonly address: string;
  /**
   * Identifies the instance, across restarts if it stays the same. Must be 1 to 64 of A-Z a-z 0-9 _
   * . -. Example: `orders-1`.
   */
  readonly id?: string;
  /**
   * The incarnation: the number of this run of the instance. A later run has a higher number. An
   * announcement without it is a legacy announcement: it is identified by prefix, address and port,
   * and ordered by arrival. Range: 1 to 9007199254740991.
   */
  readonly inc?: number;
  /**
   * The number of this announcement within its incarnation. Range: 0 to 9007199254740991. Default:
   * `0`.
   */
  readonly seq?: number;
  /**
   * The lease: how long the announcement is valid unless it is renewed. Without it, the
   * announcement does not expire. Range: 1 to 3600 seconds.
   */
  readonly ttl?: number;
  /** The name of the service, for people. 1 to 255 printable characters. Example: `orders`. */
  readonly name?: string;
  /**
   * The version of the service's software. Gateways compare a new one with the old one. 1 to 255
   * printable characters. Example: `1.4.2`.
   */
  readonly version?: string;
  /**
   * The name of the machine, for people. It is never resolved. 1 to 255 printable characters.
   * Example: `host-7`.
   */
  readonly host?: string;
  /**
   * What announces the instance in its place, for people. An instance that announces itself has
   * none. 1 to 255 printable characters. Example: `docker host-7/web-1`.
   */
  readonly source?: string;
  /**
   * The zone in which the instance runs. A gateway prefers the instances of its own zone. 1 to 255
   * printable characters. Example: `eu-1a`.
   */
  readonly zone?: string;
  /**
   * The share of requests that the instance receives, in proportion to the weights of the other
   * instances of its prefix. Range: 1 to 100. Default: `1`. Example: `10`.
   */
  readonly weight?: number;
  /**
   * The protocol that the instance serves on its port. `h2c` is HTTP/2 without TLS, by prior
   * knowledge; `h2` is HTTP/2 with TLS. gRPC needs one of these two. Default: `http`.
   */
  readonly scheme?: 'http' | 'https' | 'h2c' | 'h2';
  /**
   * What the certificate of the instance has to be for, in place of its address. A server that does
   * not prove it is sent nothing. Needs the scheme `https` or `h2`. Example: `{ spiffeId:
   * 'spiffe://example.org/orders' }`.
   */
  readonly tls?: InstanceIdentity;
  /** Whether the instance is about to leave and receives no new requests. Default: `false`. */
  readonly draining?: boolean;
  /**
   * The request with which observers probe the instance. Its path has to answer with a 2xx or 3xx
   * status. Without it they request `GET /health`, and any answer is healthy except a 5xx other
   * than 501; of an instance that speaks HTTP/2 they request nothing, and it is healthy if it does.
   * Example: `{ path: '/health', method: 'GET' }`.
   */
  readonly health?: HealthCheck;
  /**
   * Other facts about the instance, for people and programs that read the table. At most 32
   * entries; keys and values are strings. Example: `{ commit: '4f2a91c' }`.
   */
  readonly meta?: Readonly<Record<string, string>>;
  /**
   * How gateways are asked to serve the prefix. A gateway grants what is within its own limits, its
   * own settings of the route take precedence, and the policy of the instance that started last
   * counts. Example: `{ answerMs: 2000, retries: false }`.
   */
  readonly policy?: AnnouncedPolicy;
  /**
   * The signature of the announcement, or of the exit, by a service key, whose id is at the end of
   * `id`. Must be 64 bytes in base64url.
   */
  readonly sig?: string;
  /** Unknown fields, which are kept so that they survive being passed on. */
  readonly extra?: Readonly<Record<string, unknown>>;
}

/** The fields of an announcement that `register()` takes. */
export interface AnnouncementOptions {
  /**
   * The path prefix that gateways route to the instance; '' for every path. At most 200 characters
   * and 16 segments. Example: `/v1`.
   */
  readonly prefix: string;
  /** The port on which the instance listens. Range: 1 to 65535. Example: `3000`. */
  readonly port: number | string;
  /**
   * The IP address at which observers and gateways reach the instance. IPv4 or IPv6, in canonical
   * form; not link-local, multicast, broadcast or unspecified. Default: the variable
   * `ROLLCALL_ADDRESS`; if unset, 127.0.0.1 with a broker on loopback, and the address from which
   * this machine reaches the broker with any other. Example: `10.0.0.7`.
   */
  readonly address?: string;
  /**
   * Identifies the instance, across restarts if it stays the same. Must be 1 to 64 of A-Z a-z 0-9 _
   * . -. Default: a random UUID. Example: `orders-1`.
   */
  readonly id?: string;
  /**
   * The lease: how long the announcement is valid unless it is renewed. Without it, the
   * announcement does not expire. Range: 1 to 3600 seconds. Default: 300 in lease mode, in which it
   * is renewed every third of this; presence mode has no lease.
   */
  readonly ttl?: number;
  /** The name of the service, for people. 1 to 255 printable characters. Example: `orders`. */
  readonly name?: string;
  /**
   * The version of the service's software. Gateways compare a new one with the old one. 1 to 255
   * printable characters. Example: `1.4.2`.
   */
  readonly version?: string;
  /**
   * The name of the machine, for people. It is never resolved. 1 to 255 printable characters.
   * Example: `host-7`.
   */
  readonly host?: string;
  /**
   * What announces the instance in its place, for people. An instance that announces itself has
   * none. 1 to 255 printable characters. Example: `docker host-7/web-1`.
   */
  readonly source?: string;
  /**
   * The zone in which the instance runs. A gateway prefers the instances of its own zone. 1 to 255
   * printable characters. Example: `eu-1a`.
   */
  readonly zone?: string;
  /**
   * The share of requests that the instance receives, in proportion to the weights of the other
   * instances of its prefix. Range: 1 to 100. Default: `1`. Example: `10`.
   */
  readonly weight?: number;
  /**
   * The protocol that the instance serves on its port. `h2c` is HTTP/2 without TLS, by prior
   * knowledge; `h2` is HTTP/2 with TLS. gRPC needs one of these two. Default: `http`.
   */
  readonly scheme?: 'http' | 'https' | 'h2c' | 'h2';
  /**
   * What the certificate of the instance has to be for, in place of its address. A server that does
   * not prove it is sent nothing. Needs the scheme `https` or `h2`. Example: `{ spiffeId:
   * 'spiffe://example.org/orders' }`.
   */
  readonly tls?: InstanceIdentity;
  /**
   * The request with which observers probe the instance. Its path has to answer with a 2xx or 3xx
   * status. Without it they request `GET /health`, and any answer is healthy except a 5xx other
   * than 501; of an instance that speaks HTTP/2 they request nothing, and it is healthy if it does.
   * Example: `{ path: '/health', method: 'GET' }`.
   */
  readonly health?: HealthCheck;
  /**
   * Other facts about the instance, for people and programs that read the table. At most 32
   * entries; keys and values are strings. Example: `{ commit: '4f2a91c' }`.
   */
  readonly meta?: Readonly<Record<string, string>>;
  /**
   * How gateways are asked to serve the prefix. A gateway grants what is within its own limits, its
   * own settings of the route take precedence, and the policy of the instance that started last
   * counts. Example: `{ answerMs: 2000, retries: false }`.
   */
  readonly policy?: AnnouncedPolicy;
}

/** The fields of an announcement that can change while an instance runs. */
export interface AnnouncementChange {
  /**
   * The zone in which the instance runs. A gateway prefers the instances of its own zone. 1 to 255
   * printable characters. Example: `eu-1a`.
   */
  readonly zone?: string;
  /**
   * The share of requests that the instance receives, in proportion to the weights of the other
   * instances of its prefix. Range: 1 to 100. Default: `1`. Example: `10`.
   */
  readonly weight?: number;
  /** Whether the instance is about to leave and receives no new requests. Default: `false`. */
  readonly draining?: boolean;
  /**
   * The request with which observers probe the instance. Its path has to answer with a 2xx or 3xx
   * status. Without it they request `GET /health`, and any answer is healthy except a 5xx other
   * than 501; of an instance that speaks HTTP/2 they request nothing, and it is healthy if it does.
   * Example: `{ path: '/health', method: 'GET' }`.
   */
  readonly health?: HealthCheck;
  /**
   * Other facts about the instance, for people and programs that read the table. At most 32
   * entries; keys and values are strings. Example: `{ commit: '4f2a91c' }`.
   */
  readonly meta?: Readonly<Record<string, string>>;
  /**
   * How gateways are asked to serve the prefix. A gateway grants what is within its own limits, its
   * own settings of the route take precedence, and the policy of the instance that started last
   * counts. Example: `{ answerMs: 2000, retries: false }`.
   */
  readonly policy?: AnnouncedPolicy;
}
