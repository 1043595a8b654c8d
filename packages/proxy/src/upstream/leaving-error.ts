/** An upstream closes its connection in order, and has not processed the request (RFC 9113 §6.8). */
export class LeavingError extends Error {
  constructor() {
    super('closes the connection');
  }
}
