/**
 * An app cannot do something at the moment, because its store or the other nodes cannot be reached. The caller may try again.
 * Clients and publishers receive `message`, so it must not contain host names or secrets.
 */
export class UnavailableError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UnavailableError';
  }
}
