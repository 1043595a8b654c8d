/** The paths of an auth server, to each of which a service sends signed JSON by POST. */
export const AUTH_PATHS = {
  /** Returns where the registry is. */
  registry: '/auth/registry',
  /** Authorizes a subscription, as Pusher's channel authorization endpoints do. */
  channel: '/auth/channel',
  /** Publishes an announcement or an exit. */
  announce: '/auth/announce',
} as const;

/** How many seconds the time of a request may differ from the clock of the server. */
export const AUTH_WINDOW_S = 300;

/** What `Authorization` says of a request: who sends it, when, and the signature of {@link authRequestText}. */
export interface AuthProof {
  /** The public half of the sender's service key. */
  readonly key: string;
  /** Seconds since 1970. */
  readonly time: number;
  /** In base64url. */
  readonly signature: string;
}

const PROOF = /^Rollcall key=(rpk_[\w-]{43}), ?time=([1-9][0-9]{0,11}), ?signature=([\w-]{86})$/i;

/**
 * The text that the signature of a request to an auth server covers. It begins otherwise than that of an announcement, so that
 * neither is taken for the other.
 */
export function authRequestText(path: string, time: number, body: string): string {
  return `rollcall auth ${path} ${time}\n${body}`;
}

/** The `Authorization` field of a request, in the form of RFC 9110 §11.4. */
export function formatProof({ key, time, signature }: AuthProof): string {
  return `Rollcall key=${key}, time=${time}, signature=${signature}`;
}

/** Reads an `Authorization` field. Returns undefined if it is none of ours. */
export function parseProof(field: string): AuthProof | undefined {
  const [, key, time, signature] = PROOF.exec(field) ?? [];
  if (key === undefined || time === undefined || signature === undefined) return undefined;
  return { key, time: Number(time), signature };
}
