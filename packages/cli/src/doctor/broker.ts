import { adviceOnFailure, describeBroker, RollcallError, variablesOf } from '@rollcall/client';
import type { ConnectionConfig } from '@rollcall/client';
import { inWords } from '../terminal/duration.ts';
import type { BrokerAnswer } from './ask-broker.ts';
import { check } from './finding.ts';
import type { Finding } from './finding.ts';

const broker = check('broker');
const credentials = check('credentials');
const clock = check('clock');
const webSocket = check('websocket');

/** Pusher and compatible servers refuse a request whose timestamp is further off. */
const TOLERATED_MS = 600_000;
/** Nothing fails yet, but a clock that is so far off is probably drifting. */
const NOTABLE_MS = 60_000;
/** The field `Date` has whole seconds. */
const GRAIN_MS = 1000;

/** Whether a server responds at the broker's address. */
export function judgeBroker(connection: ConnectionConfig, answer: BrokerAnswer): Finding {
  const where = describeBroker(connection);
  if ('status' in answer) {
    const ms = Math.round(answer.answeredAt - answer.sentAt);
    if (answer.status < 500) return broker.ok(`${where} responds in ${ms} ms`);
    return broker.fail(
      `${where} responds with HTTP ${answer.status}`,
      "check the broker's log, and any proxy in front of it",
    );
  }
  return broker.fail(
    `${where} cannot be reached (${answer.code})`,
    adviceOnFailure(connection, answer.code),
  );
}

/** How far this machine's clock is ahead of the broker's, in milliseconds; undefined if the response has no date. */
function skewOf(answer: BrokerAnswer): number | undefined {
  if (!('status' in answer) || answer.date === undefined) return undefined;
  // The date is cut to the second, so half a second is right on average.
  return (answer.sentAt + answer.answeredAt) / 2 - (answer.date + GRAIN_MS / 2);
}

export function judgeClock(answer: BrokerAnswer): Finding {
  if (!('status' in answer)) return clock.skip('not checked: the broker does not respond');
  const skew = skewOf(answer);
  if (skew === undefined) {
    return answer.status === 200
      ? clock.ok(
          'within 10 minutes: the broker sends no date, but accepted a signature with this time',
        )
      : clock.skip('not checked: the broker sends no date');
  }
  const off = Math.abs(skew);
  if (off < GRAIN_MS * 2) return clock.ok("within 2 s of the broker's");
  const found = `${inWords(off)} ${skew > 0 ? 'ahead of' : 'behind'} the broker's`;
  if (off > TOLERATED_MS) {
    return clock.fail(
      `${found}; signatures are valid for 10 minutes`,
      'set this clock, preferably by NTP (timedatectl set-ntp true), or that of the broker',
    );
  }
  if (off > NOTABLE_MS) {
    return clock.warn(
      found,
      'set it by NTP (timedatectl set-ntp true): beyond 10 minutes, every request is refused',
    );
  }
  return clock.ok(found);
}

export function judgeCredentials(connection: ConnectionConfig, answer: BrokerAnswer): Finding {
  if (!('status' in answer)) return credentials.skip('not checked: the broker does not respond');
  const { status, body } = answer;
  if (status === 200)
    return credentials.ok("the broker accepted a request with the app's signature");
  if (status >= 500)
    return credentials.skip(`not checked: the broker responds with HTTP ${status}`);
  if (status === 429) {
    return credentials.warn(
      'too many requests (HTTP 429)',
      'wait, or choose a larger plan: "rollcall budget" computes what a deployment needs',
    );
  }
  if (Math.abs(skewOf(answer) ?? 0) > TOLERATED_MS) {
    return credentials.skip('not checked: the broker refuses every signature made with this clock');
  }
  if (status === 401 || status === 403 || status === 404) {
    return credentials.fail(
      `the broker refuses them (HTTP ${status}${said(body)})`,
      `correct ${variablesOf(connection).app}: all three must belong to one app of this broker`,
    );
  }
  return credentials.fail(
    `the broker responds with HTTP ${status}${said(body)}`,
    `it may not be a Pusher-compatible server: correct ${variablesOf(connection).address}`,
  );
}

/** @param failure why the subscription failed; undefined if it succeeded */
export function judgeWebSocket(connection: ConnectionConfig, failure: Error | undefined): Finding {
  const { registry } = connection.channels;
  if (failure === undefined) return webSocket.ok(`subscribed to ${registry}`);
  const found = failure.message.split(': ', 1)[0] ?? failure.message;
  const isRefused = failure instanceof RollcallError && failure.code === 'ROLLCALL_BROKER_REFUSED';
  return isRefused
    ? webSocket.fail(
        found,
        'see the reason in brackets; if the credentials are right, it is often a limit of the plan',
      )
    : webSocket.fail(found, 'HTTP works: check that proxies and firewalls let WebSockets through');
}

export function webSocketNotTried(): Finding {
  return webSocket.skip('not checked: repair the failures above first');
}

/** The broker's reason, to follow in brackets: one line, printable, short. */
function said(body: string): string {
  const line = body
    .replace(/[^\x20-\x7e]+/g, ' ')
    .trim()
    .slice(0, 120);
  return line === '' ? '' : `: ${line}`;
}
