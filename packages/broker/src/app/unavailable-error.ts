/**
 * An app cannot do what was asked of it at the moment: the store or the other nodes cannot be reached. The caller may try
 * again. `message` is shown to clients and publishers, so it names no host and no secret.
 */
export class UnavailableError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UnavailableError';
  }
}
