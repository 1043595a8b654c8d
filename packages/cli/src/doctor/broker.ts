import { isLoopback } from '@rollcall/protocol';
import { describeServer, RollcallError } from '@rollcall/client';
import type { RegistryConfig } from '@rollcall/client';
import { inWords } from '../terminal/duration.ts';
import { apiOf } from './ask-broker.ts';
import type { BrokerAnswer } from './ask-broker.ts';
import { check } from './finding.ts';
import type { Finding } from './finding.ts';

const broker = check('broker');
const credentials = check('credentials');
const clock = check('clock');
const webSocket = check('websocket');
const privacy = check('privacy');

/** Pusher refuses a request whose timestamp is further off, and so do compatible servers. */
const TOLERATED_MS = 600_000;
/** Within it nothing fails, but a clock that is so far off is on its way out. */
const NOTABLE_MS = 60_000;
/** The header tells whole seconds. */
const GRAIN_MS = 1000;

/** Whether anybody answers there, as a Pusher server does. */
export function judgeBroker(connection: RegistryConfig, answer: BrokerAnswer): Finding {
  const where = describeServer(connection);
  if ('status' in answer) {
    const ms = Math.round(answer.answeredAt - answer.sentAt);
    if (answer.status < 500) return broker.ok(`${where} answers in ${ms} ms`);
    return broker.fail(
      `${where} answers with HTTP ${answer.status}`,
      "look at the broker's own log, and at what stands between",
    );
  }
  return broker.fail(
    `${where} cannot be reached (${answer.code})`,
    adviceOn(answer.code, connection),
  );
}

function adviceOn(code: string, connection: RegistryConfig): string {
  const { host, port } = apiOf(connection);
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return 'host' in connection.server
      ? "no such host is known here: correct PUSHER_HOST, or this machine's DNS"
      : `${host} is not known here: correct PUSHER_APP_CLUSTER, or this machine's DNS`;
  }
  if (code === 'ECONNREFUSED') {
    return connection.embedded
      ? 'nothing listens there: start "rollcall broker", or name a server in PUSHER_HOST and PUSHER_PORT'
      : 'nothing listens there: start the server, or correct PUSHER_HOST and PUSHER_PORT';
  }
  if (code === 'ETIMEDOUT' || code === 'EHOSTUNREACH' || code === 'ENETUNREACH') {
    return `no way leads there: let this machine connect to ${host} port ${port} (firewall, route, proxy)`;
  }
  if (code.startsWith('HPE_') || code === 'ECONNRESET' || code === 'EPROTO') {
    return connection.tls
      ? 'it may speak no TLS at that port: set PUSHER_APP_SECURE=0, or correct PUSHER_PORT'
      : 'it may speak TLS at that port, or no HTTP: set PUSHER_APP_SECURE=1, or correct PUSHER_PORT';
  }
  if (/CERT|SIGNATURE|ALTNAME/.test(code)) {
    return 'its certificate is not trusted here: give the authority in NODE_EXTRA_CA_CERTS, or correct the certificate';
  }
  return 'correct PUSHER_HOST and PUSHER_PORT, or PUSHER_APP_CLUSTER for hosted Pusher';
}

/** How far this machine's clock is before the broker's, in milliseconds; nothing if the broker tells no time. */
function skewOf(answer: BrokerAnswer): number | undefined {
  if (!('status' in answer) || answer.date === undefined) return undefined;
  // Its clock is cut to the second: half of one is right on average.
  return (answer.sentAt + answer.answeredAt) / 2 - (answer.date + GRAIN_MS / 2);
}

export function judgeClock(answer: BrokerAnswer): Finding {
  if (!('status' in answer)) return clock.skip('not compared: the broker does not answer');
  const skew = skewOf(answer);
  if (skew === undefined) {
    return answer.status === 200
      ? clock.ok('within 10 minutes: the broker tells no time, but took a signature with ours')
      : clock.skip('not compared: the broker tells no time');
  }
  const off = Math.abs(skew);
  if (off < GRAIN_MS * 2) return clock.ok("within 2 s of the broker's");
  const found = `${inWords(off)} ${skew > 0 ? 'ahead of' : 'behind'} the broker's`;
  if (off > TOLERATED_MS) {
    return clock.fail(
      `${found}; signatures are good for 10 minutes`,
      'set this clock, by NTP at best (timedatectl set-ntp true), or that of the broker',
    );
  }
  if (off > NOTABLE_MS) {
    return clock.warn(
      found,
      'set it by NTP (timedatectl set-ntp true): beyond 10 minutes nothing works',
    );
  }
  return clock.ok(found);
}

export function judgeCredentials(answer: BrokerAnswer): Finding {
  if (!('status' in answer)) return credentials.skip('not tried: the broker does not answer');
  const { status, body } = answer;
  if (status === 200) return credentials.ok("a request with the app's signature was taken");
  if (status >= 500) return credentials.skip(`not tried: the broker answers with HTTP ${status}`);
  if (status === 429) {
    return credentials.warn(
      'too many requests (HTTP 429)',
      'wait, or take a larger plan: "rollcall budget" tells what a deployment needs',
    );
  }
  if (Math.abs(skewOf(answer) ?? 0) > TOLERATED_MS) {
    return credentials.skip('not known: the broker refuses whatever is signed with this clock');
  }
  if (status === 401 || status === 403 || status === 404) {
    return credentials.fail(
      `the broker refuses them (HTTP ${status}${said(body)})`,
      'correct PUSHER_APP_ID, PUSHER_APP_KEY and PUSHER_APP_SECRET: they are of one app, on this broker',
    );
  }
  return credentials.fail(
    `the broker answers with HTTP ${status}${said(body)}`,
    'is that a Pusher-compatible server? Correct PUSHER_HOST and PUSHER_PORT',
  );
}

/** @param failure what came of the attempt to subscribe; nothing if it went well */
export function judgeWebSocket(connection: RegistryConfig, failure: Error | undefined): Finding {
  const { registry } = connection.channels;
  if (failure === undefined) return webSocket.ok(`subscribed to ${registry}, and called the roll`);
  const found = failure.message.split(': ', 1)[0] ?? failure.message;
  const isRefused = failure instanceof RollcallError && failure.code === 'ROLLCALL_BROKER_REFUSED';
  return isRefused
    ? webSocket.fail(
        found,
        'see what it says in brackets; with credentials that are right it is often a limit of the plan',
      )
    : webSocket.fail(
        found,
        'its HTTP works: let WebSockets through too, which a proxy or firewall between may not',
      );
}

export function webSocketNotTried(): Finding {
  return webSocket.skip('not tried: what comes before it comes first');
}

export function judgePrivacy({ channels, server }: RegistryConfig): Finding {
  const { registry, isPublic, isEncrypted } = channels;
  if (isEncrypted) return privacy.ok(`${registry} is encrypted: not even the broker reads it`);
  if (!isPublic) return privacy.ok(`${registry} is private: holders of the secret alone read it`);
  if ('host' in server && isLoopback(server.host)) {
    return privacy.ok(`${registry} is public, on a broker of this machine only`);
  }
  return privacy.warn(
    `${registry} is public: whoever has the app key, which web pages contain, reads where your instances are`,
    'set ROLLCALL_CHANNEL=private-mapped-discovery for every program at once',
  );
}

/** What the broker said, in brackets already: one line, printable, short. */
function said(body: string): string {
  const line = body
    .replace(/[^\x20-\x7e]+/g, ' ')
    .trim()
    .slice(0, 120);
  return line === '' ? '' : `: ${line}`;
}
