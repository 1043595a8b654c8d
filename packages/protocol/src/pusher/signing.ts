/** The text whose HMAC-SHA256 authorises a subscription. Presence channels have `channelData`. */
export function channelStringToSign(
  socketId: string,
  channel: string,
  channelData?: string,
): string {
  const text = `${socketId}:${channel}`;
  return channelData === undefined ? text : `${text}:${channelData}`;
}

/** The text whose HMAC-SHA256 signs a user in on a connection. */
export function userStringToSign(socketId: string, userData: string): string {
  return `${socketId}::user::${userData}`;
}

/**
 * The text whose HMAC-SHA256 is `auth_signature` of a request to the HTTP API.
 *
 * @param query decoded names and values: values are signed without URL encoding
 */
export function requestStringToSign(
  method: string,
  path: string,
  query: Iterable<readonly [name: string, value: string]>,
): string {
  const parameters: (readonly [name: string, value: string])[] = [];
  for (const [name, value] of query) {
    const key = name.toLowerCase();
    if (key !== 'auth_signature') parameters.push([key, value]);
  }
  parameters.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  const pairs = parameters.map(([name, value]) => `${name}=${value}`);
  return `${method.toUpperCase()}\n${path}\n${pairs.join('&')}`;
}
