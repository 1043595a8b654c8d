/**
 * Codes of `pusher:error` and of WebSocket closes. Their range says what a client does next: with 4000-4099 it
 * does not reconnect, with 4100-4199 it reconnects after a second, with 4200-4299 at once.
 */
export const CLOSE_CODES = {
  unknownApp: 4001,
  disabledApp: 4003,
  overQuota: 4004,
  pathNotFound: 4005,
  badVersion: 4006,
  unsupportedProtocol: 4007,
  noProtocol: 4008,
  unauthorised: 4009,
  overCapacity: 4100,
  noPong: 4201,
  clientEventRate: 4301,
  watchlistTooLong: 4302,
} as const;
