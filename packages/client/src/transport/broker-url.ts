import { isPlaceholder, RollcallError } from '@rollcall/protocol';
import { describeBroker } from './broker-config.ts';
import type { BrokerConfig } from './broker-config.ts';

const FORM = 'it must be like https://KEY:SECRET@HOST:PORT/apps/ID';
const ENCODED = 'other characters of the secret encoded, such as / as %2F and , as %2C';
/** The hosts of hosted Pusher's HTTP API, by cluster. The host for WebSockets follows from the cluster. */
const HOSTED = /^api-(?<cluster>[a-z0-9-]+)\.pusher\.com$/;
const HOSTED_WEB_SOCKETS = /^ws-(?<cluster>[a-z0-9-]+)\.pusher\.com$/;
/** The cluster of the first host that hosted Pusher had. */
const FIRST_HOST = 'api.pusherapp.com';
const FIRST_CLUSTER = 'mt1';

/**
 * Reads a list of brokers, each by a URL as the official server libraries take it.
 * @throws RollcallError ROLLCALL_CONFIG, which does not show the key and the secret
 */
export function brokersFrom(
  urls: readonly string[],
): readonly [BrokerConfig, ...BrokerConfig[]] | undefined {
  const [first, ...others] = urls.map((text, index) =>
    brokerFrom(text, urls.length === 1 ? '' : ` ${index + 1}`),
  );
  if (first === undefined) return undefined;
  const names = new Set<string>();
  for (const each of [first, ...others]) {
    const name = describeBroker(each);
    if (names.has(name)) throw bad(`${name} is there twice: name each broker once`);
    names.add(name);
  }
  return [first, ...others];
}

/** @param number which URL of several it is, for people */
function brokerFrom(text: string, number: string): BrokerConfig {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw bad(`URL${number} is no http or https URL; ${FORM}, and ${ENCODED}`);
  const where = `URL${number} (${url.host})`;
  const [, appId] = /^\/apps\/([^/]+)\/?$/.exec(url.pathname) ?? [];
  if (appId === undefined || url.search !== '' || url.hash !== '')
    throw bad(`${where} does not end with /apps/ID; ${FORM}`);
  const [key, secret, id] = [url.username, url.password, appId].map(decoded);
  if (key === undefined || secret === undefined || id === undefined)
    throw bad(
      `${where} has a % that begins no code of a character; write % as %25, and ${ENCODED}`,
    );
  if (key === '' || secret === '')
    throw bad(`${where} has no key and secret of an app; ${FORM}, and ${ENCODED}`);
  if (url.port === '0') throw bad(`${where} has port 0; a port is 1 to 65535`);
  const wsCluster = HOSTED_WEB_SOCKETS.exec(url.hostname)?.groups?.['cluster'];
  if (wsCluster !== undefined)
    throw bad(`${where} has the host for WebSockets: name api-${wsCluster}.pusher.com`);
  if (isPlaceholder(secret)) throw bad(`${where} has a placeholder as its secret`);
  const tls = url.protocol === 'https:';
  return { appId: id, key, secret, tls, server: serverOf(url, tls), source: 'list' };
}

function serverOf({ hostname, port }: URL, tls: boolean): BrokerConfig['server'] {
  const cluster =
    hostname === FIRST_HOST ? FIRST_CLUSTER : HOSTED.exec(hostname)?.groups?.['cluster'];
  if (cluster !== undefined && port === '') return { cluster };
  const standard = tls ? 443 : 80;
  return {
    host: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: port === '' ? standard : Number(port),
  };
}

/** Undefined if a % does not begin the code of a character. */
function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function bad(problem: string): RollcallError {
  return new RollcallError('ROLLCALL_CONFIG', `ROLLCALL_BROKERS: ${problem}`);
}
