/** A server does not do what its protocol has, or refuses what the bus needs. The message has no secret. */
export class ProtocolError extends Error {}
