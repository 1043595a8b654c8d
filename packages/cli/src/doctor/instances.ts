import { urlHost } from '@rollcall/client';
import type { Announcement, Status } from '@rollcall/client';
import { DEFAULT_HEALTH_CHECK, isLoopback, probeVerdict } from '@rollcall/protocol';
import type { ProbeOutcome } from '@rollcall/protocol';
import { check } from './finding.ts';
import type { Finding } from './finding.ts';

const instances = check('instances');

/** An instance of the table, asked from here. */
export interface Seen {
  readonly announcement: Announcement;
  readonly reach: ProbeOutcome;
  /** How the gateway has it; nothing if no gateway was asked. */
  readonly atGateway: Status | 'absent' | undefined;
}

/** One line for all that are well of a prefix, and one for each that is not. */
export function judgeInstances(seen: readonly Seen[], isBrokerLocal: boolean): Finding[] {
  if (seen.length === 0) {
    return [
      instances.warn(
        'none is announced',
        'register a service, such as by "rollcall run"; if one runs, compare its PUSHER_ variables and ROLLCALL_CHANNEL with these',
      ),
    ];
  }
  const prefixes = new Set(seen.map(({ announcement }) => announcement.prefix));
  return [...prefixes].flatMap((prefix) => {
    const members = seen.filter(({ announcement }) => announcement.prefix === prefix);
    const found = members.flatMap((each) => faultOf(each, isBrokerLocal) ?? []);
    const well = members.length - found.length;
    const summary = `${prefix || '/'}: ${well} of ${members.length} answer`;
    return well === 0 ? found : [instances.ok(summary), ...found];
  });
}

function faultOf(seen: Seen, isBrokerLocal: boolean): Finding | undefined {
  const { announcement, reach, atGateway } = seen;
  const { prefix, address, port } = announcement;
  const who = `${prefix || '/'} at ${urlHost(address)}:${port}`;
  if (probeVerdict(reach, announcement) !== 'ok') {
    const why = `${who} ${symptom(announcement, reach)}`;
    return atGateway === 'healthy'
      ? instances.warn(
          `${why} from here, and the gateway reaches it`,
          'nothing, unless programs on this machine are to call it',
        )
      : instances.fail(why, cure(announcement, reach, isBrokerLocal));
  }
  if (atGateway === 'absent') {
    return instances.fail(
      `${who} answers here, and the gateway does not know it`,
      `"rollcall explain ${prefix || '/'}" tells whether it was refused; or the gateway hears another channel`,
    );
  }
  if (atGateway === 'down' || atGateway === 'suspect') {
    return instances.fail(
      `${who} answers here, and the gateway has it as ${atGateway}`,
      `let the gateway's machine connect to ${address} port ${port}; "rollcall explain ${prefix || '/'}" tells what it saw`,
    );
  }
  return undefined;
}

function symptom({ health }: Announcement, reach: ProbeOutcome): string {
  if ('status' in reach) {
    const { method, path } = health ?? DEFAULT_HEALTH_CHECK;
    return `answers ${method} ${path} with HTTP ${reach.status}`;
  }
  if (reach.code === 'ECONNREFUSED') return 'refuses connections';
  if (reach.code === 'ETIMEDOUT') return 'gives no answer within 2 s';
  return `cannot be reached (${reach.code})`;
}

function cure({ address }: Announcement, reach: ProbeOutcome, isBrokerLocal: boolean): string {
  if ('status' in reach) {
    return 'look at its own log: it is sent nothing until it answers 2xx or 3xx there';
  }
  if (isLoopback(address) && !isBrokerLocal) {
    return 'it announces loopback, which is another machine for everyone: set ROLLCALL_ADDRESS where it runs';
  }
  return reach.code === 'ECONNREFUSED'
    ? 'start it again, or have it announce the port and address where it listens'
    : 'it hangs, a firewall is between, or its address is of a network of its own: set ROLLCALL_ADDRESS where it runs';
}
