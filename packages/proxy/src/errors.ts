/** The codes of {@link ProxyError}. */
export type ProxyErrorCode =
  /** The certificate and key are not PEM, or do not belong together. */
  'ERR_PROXY_CERTIFICATE';

/** A setting that the proxy cannot use. Errors of listening and of sockets are Node's own. */
export class ProxyError extends Error {
  /** `ProxyError`. */
  override readonly name = 'ProxyError';
  /** What was wrong, for programs. */
  readonly code: ProxyErrorCode;

  constructor(code: ProxyErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
