import { setTimeout as delay } from 'node:timers/promises';
import { isOwnShortage, OWN_SHORTAGE, RollcallError } from '@rollcall/protocol';
import { httpRequest } from '@rollcall/runtime';
import { describeBroker, variablesOf } from './broker-config.ts';
import type { BrokerAddress } from './broker-config.ts';

const TIMEOUT_MS = 2000;
const WAITS_MS = [100, 400];
/** Of a response to a health check. */
const MAX_BODY_BYTES = 65_536;

/** The host and port of WebSocket connections. */
export function endpointOf({ server, tls }: BrokerAddress): { host: string; port: number } {
  if ('host' in server) return server;
  return { host: `ws-${server.cluster}.pusher.com`, port: tls ? 443 : 80 };
}

/**
 * Why no HTTP response comes from a broker's address, as an error code: undefined if one does. It tries three
 * times within a second. A WebSocket that fails to open does not report a reason, so this asks for it.
 */
export async function whyUnreachable(
  broker: BrokerAddress,
  signal: AbortSignal,
): Promise<string | undefined> {
  for (const wait of [...WAITS_MS, undefined]) {
    const code = signal.aborted ? undefined : await failureOf(broker, signal);
    if (signal.aborted) return undefined;
    if (code === undefined || wait === undefined) return code;
    await delay(wait, undefined, { signal }).catch(() => {});
  }
  return undefined;
}

async function failureOf(broker: BrokerAddress, signal: AbortSignal): Promise<string | undefined> {
  const outcome = await httpRequest({
    ...endpointOf(broker),
    // The health check of compatible servers; any response will do.
    path: '/up',
    timeoutMs: TIMEOUT_MS,
    signal,
    readsBody: true,
    maxBodyBytes: MAX_BODY_BYTES,
    tls: broker.tls ? {} : undefined,
  });
  if ('code' in outcome) return outcome.code;
  return speaksTls(outcome.status, outcome.body) && !broker.tls ? 'EPROTO' : undefined;
}

/** Servers such as nginx, Caddy and Go's answer an HTTP request at a TLS port with 400 and a sentence about it. */
function speaksTls(status: number, body: string): boolean {
  return status === 400 && /\bhttps\b/i.test(body);
}

/** The error for a broker that does not respond. */
export function unreachable(broker: BrokerAddress, reason: string): RollcallError {
  const where = describeBroker(broker);
  return new RollcallError(
    'ROLLCALL_BROKER_UNREACHABLE',
    `cannot reach the broker at ${where} (${reason}): ${adviceOnFailure(broker, reason)}`,
  );
}

/** The error for a broker that refuses a request or a connection. */
export function refusedBy(broker: BrokerAddress, detail: string): RollcallError {
  return new RollcallError(
    'ROLLCALL_BROKER_REFUSED',
    `the broker at ${describeBroker(broker)} refused (${detail}): check ${variablesOf(broker).app}, and this machine's clock`,
  );
}

/**
 * What to do about a broker that gave no response.
 * @param code an error code, such as `ECONNREFUSED`
 */
export function adviceOnFailure(broker: BrokerAddress, code: string): string {
  return adviceOnAny(code) ?? adviceOnBroker(broker, code);
}

/** What to do about a server of any kind that gave no response; undefined if that depends on what it is. */
export function adviceOnAny(code: string): string | undefined {
  if (isOwnShortage(code)) return `${OWN_SHORTAGE}: raise its limits, such as ulimit -n`;
  if (/CERT|SIGNATURE|ALTNAME/.test(code))
    return 'its certificate is not trusted: name its authority in NODE_EXTRA_CA_CERTS, or correct the certificate';
  return undefined;
}

function adviceOnBroker(broker: BrokerAddress, code: string): string {
  const { host, port } = endpointOf(broker);
  const { address, tls } = variablesOf(broker);
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return `${host} cannot be resolved: correct ${address}, or this machine's DNS`;
  if (code === 'ECONNREFUSED') {
    return broker.source === 'nothing'
      ? 'nothing listens there: start "rollcall broker", or set PUSHER_HOST and PUSHER_PORT to another server'
      : `nothing listens there: start the server, or correct ${address}`;
  }
  if (code === 'ETIMEDOUT' || code.startsWith('no response')) {
    return `nothing comes back: check that the broker does not hang, and that this machine may connect to ${host} port ${port} (firewall, route, proxy)`;
  }
  if (code === 'EHOSTUNREACH' || code === 'ENETUNREACH') {
    return `there is no connection: allow this machine to connect to ${host} port ${port} (firewall, route, proxy)`;
  }
  if (isNotHttp(code)) {
    return broker.tls
      ? `the port may not speak TLS: ${tls.off}, or correct ${address}`
      : `the port may speak TLS, or no HTTP: ${tls.on}, or correct ${address}`;
  }
  if (/^HTTP [0-9]/.test(code)) return "check the broker's log, and any proxy in front of it";
  if (code.startsWith('no WebSocket')) {
    return 'HTTP works: check that proxies and firewalls let WebSockets through';
  }
  return `correct ${address}`;
}

/** Codes of a server that speaks TLS where HTTP is expected, or the other way round. */
function isNotHttp(code: string): boolean {
  return /^(?:HPE_|ERR_SSL_)/.test(code) || code === 'ECONNRESET' || code === 'EPROTO';
}
