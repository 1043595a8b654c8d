import type { BrokerStatus } from '@rollcall/broker';
import type { Alarm } from '../model/alarm.ts';
import { formatSpan } from '../model/time.ts';

/** The most serious problem of a broker, if there is one. @param error - why it does not respond */
export function brokerAlarm(
  status: BrokerStatus | undefined,
  error: Error | undefined,
): Alarm | undefined {
  if (error !== undefined) {
    const text = status === undefined ? '' : ' The page shows the state before that.';
    return {
      tone: 'bad',
      title: 'The broker is unreachable',
      text: `It does not respond (${error.message}). Retrying.${text}`,
    };
  }
  if (status === undefined || status.isReady) return undefined;
  const { cluster, now, unreadiness = '' } = status;
  if (cluster === undefined || cluster.isConnected) {
    return { tone: 'warning', title: 'This broker is not ready', text: `${unreadiness}.` };
  }
  const { engine, servers, since, reason } = cluster;
  const why = reason === undefined ? '' : ` (${reason})`;
  return {
    tone: 'bad',
    title: 'This node cannot reach the other nodes',
    text: `No connection to ${engine} at ${servers.join(', ')} for ${formatSpan(now - since)}${why}. It serves its own clients, and refuses events of publishers with 503.`,
  };
}
