/**
 * Codes of `pusher:error` and of WebSocket closes. Their hundreds tell a client what to do next:
 * 4000-4099 stay away, 4100-4199 come back in a second, 4200-4299 come back at once.
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
