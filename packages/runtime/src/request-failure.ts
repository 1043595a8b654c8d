import { IDENTITY_FAILURE } from '@rollcall/protocol';
import { identityFailure } from './instance-identity.ts';

/** Why there is no response: an error code such as ECONNREFUSED, or ETIMEDOUT after `timeoutMs`. */
export interface HttpFailure {
  readonly code: string;
  /** Whether the connection was made, of a request that took too long. */
  readonly isConnected?: boolean;
  /** Of an instance whose certificate does not prove who it is: why. */
  readonly reason?: string;
}

/** @param tls with the identity that an instance has to prove, if it is one */
export function requestFailure(
  error: NodeJS.ErrnoException,
  tls: { readonly identity?: string } | undefined,
): HttpFailure {
  const { code = 'EIO' } = error;
  const reason = tls?.identity === undefined ? undefined : identityFailure(error, tls.identity);
  return reason === undefined ? { code } : { code: IDENTITY_FAILURE, reason };
}
