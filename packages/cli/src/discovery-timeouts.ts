// Short, because a person waits for the output.

/** For the first connection to the broker. */
export const CONNECT_TIMEOUT_MS = 4000;

/** For the answer of a gateway to a roll call: two hops, with room for a distant broker. */
export const READY_TIMEOUT_MS = 1500;
