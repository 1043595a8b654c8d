// Somebody sits in front of it and waits.

/** For the first connection to the broker. */
export const CONNECT_WITHIN_MS = 4000;
/** A gateway answers a roll call in one hop there and one back; this allows for a far broker. */
export const ANSWER_WAIT_MS = 1500;
