import type { Command } from 'commander';
import type { AppCounts, BrokerStatus, ClusterState, NodeState } from '@rollcall/broker';
import { isRecord, RollcallError } from '@rollcall/protocol';
import { fromIsoTimes } from '@rollcall/runtime';
import { isInColour } from '@rollcall/runtime/log';
import { adminAccess, adminOption, askAdminJson, BROKER } from '../admin.ts';
import { counted } from '../terminal/counted.ts';
import { inWords } from '../terminal/duration.ts';
import { linesText } from '../terminal/line.ts';
import type { Line, Span } from '../terminal/line.ts';
import { tableOf } from '../terminal/table.ts';

interface StatusOptions {
  readonly admin?: string;
  readonly json?: boolean;
}

export function defineBrokerStatus(command: Command): void {
  command
    .command('status')
    .description('show the nodes of a cluster, their link to each other, and what they hold')
    .addOption(adminOption(BROKER))
    .option('--json', 'print JSON')
    .action(showStatus);
}

/** `rollcall broker status` */
async function showStatus({ admin, json = false }: StatusOptions): Promise<void> {
  const access = adminAccess(admin, process.env, BROKER);
  const answer = await askAdminJson(access, '/api/status');
  // A gateway has this path, too.
  if (!isRecord(answer) || !Array.isArray(answer['nodes']))
    throw new RollcallError(
      'ROLLCALL_CONFIG',
      `the admin API at ${access.url} is not that of a broker: give its URL with --admin`,
    );
  console.log(
    json
      ? JSON.stringify(answer, null, 2)
      : linesText(listing(fromIsoTimes(answer) as BrokerStatus), isInColour(process.stdout)),
  );
}

function listing(status: BrokerStatus): Line[] {
  const { isReady, unreadiness = '', now, cluster, nodes } = status;
  const readiness: Line = isReady
    ? [{ text: 'ready', style: 'green' }]
    : [{ text: 'not ready', style: 'red' }, `: ${unreadiness}`];
  const bus = cluster === undefined ? [] : busLines(cluster, now);
  return [readiness, ...bus, [], ...nodeTable(nodes, now), [], ...appTable(status)];
}

function busLines(cluster: ClusterState, now: number): Line[] {
  const { isConnected, engine, server, servers, since, reason, waitingEvents, lostEvents } =
    cluster;
  const span = inWords(now - since);
  const link: Line = isConnected
    ? [`${engine} at ${server ?? servers.join(', ')}: `, green('connected'), ` for ${span}`]
    : [
        `${engine} at ${servers.join(', ')}: `,
        red('down'),
        ` for ${span}${reason === undefined ? '' : ` (${reason})`}`,
      ];
  const waiting = `${counted(waitingEvents, 'event')} to send, ${counted(lostEvents, 'event')} lost`;
  return [link, [waiting]];
}

function nodeTable(nodes: readonly NodeState[], now: number): Line[] {
  const rows = nodes.map((node): Line => {
    const { id = '', status, since, silentMs, missingEvents, report } = node;
    return [
      id,
      report?.address ?? '-',
      statusSpan(node),
      status === 'gone' ? '-' : inWords(now - (report?.startedAt ?? since)),
      silentMs === undefined ? '' : `${(silentMs / 1000).toFixed(1)} s ago`,
      id === '' ? '' : String(missingEvents),
    ];
  });
  return tableOf(['NODE', 'ADDRESS', 'STATE', 'UP', 'HEARD', 'MISSING'], rows);
}

function statusSpan({ status, silentMs = 0, report }: NodeState): Span {
  switch (status) {
    case 'self':
      return 'this node';
    case 'alive':
      return report === undefined ? yellow('alive, no answer') : green('alive');
    case 'silent':
      return yellow(`silent for ${inWords(silentMs)}`);
    case 'gone':
      return red(`gone for ${inWords(silentMs)}`);
  }
}

function appTable({ apps, cluster }: BrokerStatus): Line[] {
  const rows = apps.flatMap(({ appId, isEnabled, allNodes, thisNode }): Line[] => {
    const name = isEnabled ? appId : `${appId} (disabled)`;
    if (cluster === undefined) return [[name, '', ...figures(thisNode)]];
    return [
      [name, 'all nodes', ...figures(allNodes)],
      ['', 'this node', ...figures(thisNode)],
    ];
  });
  return tableOf(['APP', 'AT', 'CONNECTIONS', 'CHANNELS', 'MEMBERS'], rows);
}

function figures({ connections, channels, members }: AppCounts): string[] {
  return [connections, channels, members].map(String);
}

const green = (text: string): Span => ({ text, style: 'green' });
const yellow = (text: string): Span => ({ text, style: 'yellow' });
const red = (text: string): Span => ({ text, style: 'red' });
