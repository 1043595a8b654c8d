import type { Announcement, Status } from '@rollcall/client';
import { DEFAULT_HEALTH_CHECK, isLoopback, probeVerdict, urlHost } from '@rollcall/protocol';
import type { ProbeOutcome } from '@rollcall/protocol';
import { check } from './finding.ts';
import type { Finding } from './finding.ts';

const instances = check('instances');

/** An instance of the table, probed from this machine. */
export interface ProbedInstance {
  readonly announcement: Announcement;
  readonly reach: ProbeOutcome;
  /** Its status at the gateway; undefined if no gateway answers. */
  readonly atGateway: Status | 'absent' | undefined;
}

/** One finding for the healthy instances of a prefix, and one for each of the others. */
export function judgeInstances(seen: readonly ProbedInstance[], isBrokerLocal: boolean): Finding[] {
  if (seen.length === 0) {
    return [
      instances.warn(
        'no instance is registered',
        'register a service, such as with "rollcall run"; if one runs, check that it has the same PUSHER_ variables and ROLLCALL_CHANNEL',
      ),
    ];
  }
  const prefixes = new Set(seen.map(({ announcement }) => announcement.prefix));
  return [...prefixes].flatMap((prefix) => {
    const members = seen.filter(({ announcement }) => announcement.prefix === prefix);
    const found = members.flatMap((each) => faultOf(each, isBrokerLocal) ?? []);
    const healthy = members.length - found.length;
    const summary = `${prefix || '/'}: ${healthy} of ${members.length} healthy`;
    return healthy === 0 ? found : [instances.ok(summary), ...found];
  });
}

function faultOf(seen: ProbedInstance, isBrokerLocal: boolean): Finding | undefined {
  const { announcement, reach, atGateway } = seen;
  const { prefix, address, port } = announcement;
  const who = `${prefix || '/'} at ${urlHost(address)}:${port}`;
  if (probeVerdict(reach, announcement) !== 'ok') {
    const why = `${who} ${symptom(announcement, reach)}`;
    return atGateway === 'healthy'
      ? instances.warn(
          `${why} from this machine, but the gateway reaches it`,
          'nothing to do, unless programs on this machine call it directly',
        )
      : instances.fail(why, cure(announcement, reach, isBrokerLocal));
  }
  if (atGateway === 'absent') {
    return instances.fail(
      `${who} is healthy, but the gateway does not know it`,
      `see "rollcall explain ${prefix || '/'}" for whether it was refused; or the gateway is on another channel`,
    );
  }
  if (atGateway === 'down' || atGateway === 'suspect') {
    return instances.fail(
      `${who} is healthy from this machine, but ${atGateway} at the gateway`,
      `allow the gateway's machine to connect to ${address} port ${port}; "rollcall explain ${prefix || '/'}" shows its probes`,
    );
  }
  return undefined;
}

function symptom({ health }: Announcement, reach: ProbeOutcome): string {
  if ('status' in reach) {
    const { method, path } = health ?? DEFAULT_HEALTH_CHECK;
    return `responds to ${method} ${path} with HTTP ${reach.status}`;
  }
  if (reach.code === 'ECONNREFUSED') return 'refuses connections';
  if (reach.code === 'ETIMEDOUT') return 'does not respond within 2 s';
  return `cannot be reached (${reach.code})`;
}

function cure(
  { address, health }: Announcement,
  reach: ProbeOutcome,
  isBrokerLocal: boolean,
): string {
  if ('status' in reach) {
    const healthy =
      health === undefined ? 'anything but a 5xx other than 501' : 'a 2xx or 3xx status';
    return `check its log: it receives no traffic until it responds with ${healthy}`;
  }
  if (isLoopback(address) && !isBrokerLocal) {
    return 'it announces loopback, which other machines cannot reach: set ROLLCALL_ADDRESS where it runs';
  }
  return reach.code === 'ECONNREFUSED'
    ? 'restart it, or correct the address and port that it announces'
    : 'it hangs, a firewall blocks the way, or its address is not reachable from here: set ROLLCALL_ADDRESS where it runs';
}
