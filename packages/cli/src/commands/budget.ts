import type { Command } from 'commander';
import { budgetOf, SANDBOX } from '@rollcall/protocol';
import type { Budget, Cause, Quota } from '@rollcall/protocol';
import { isInColour } from '@rollcall/runtime/log';
import { fromFlags, layered, resolveSettings } from '@rollcall/runtime/settings';
import { addSettings } from '../setting-options.ts';
import { linesText } from '../terminal/line.ts';
import { tableOf } from '../terminal/table.ts';

// Far above any deployment, and low enough that every product is exact.
const INSTANCES = { type: 'integer', min: 0, max: 100_000 } as const;
const TIMES_A_DAY = { type: 'integer', min: 0, max: 1000 } as const;
const QUOTA = { type: 'integer', min: 1, max: 1_000_000_000 } as const;

const BUDGET_SETTINGS = {
  deployment: {
    type: 'group',
    doc: 'What runs, and how often it changes.',
    settings: {
      presence: {
        ...INSTANCES,
        default: 10,
        flag: '--instances <n>',
        doc: 'Instances in presence mode.',
      },
      lease: {
        ...INSTANCES,
        default: 0,
        flag: '--lease-instances <n>',
        doc: 'Instances in lease mode.',
      },
      ttl: {
        type: 'integer',
        min: 1,
        max: 3600,
        unit: 'seconds',
        default: 300,
        flag: '--ttl <seconds>',
        doc: 'Lifetime of a lease.',
      },
      gateways: {
        type: 'integer',
        min: 1,
        max: 1000,
        default: 2,
        flag: '--gateways <n>',
        doc: 'Gateways. A service that calls discover() counts as one.',
      },
      rollouts: {
        ...TIMES_A_DAY,
        default: 5,
        flag: '--rollouts <n>',
        doc: 'Times a day that every instance is replaced.',
      },
      gatewayRestarts: {
        ...TIMES_A_DAY,
        default: 1,
        flag: '--gateway-restarts <n>',
        doc: 'Times a day that each gateway restarts.',
      },
      reconnects: {
        ...TIMES_A_DAY,
        default: 1,
        flag: '--reconnects <n>',
        doc: 'Times a day that each connection is lost and restored.',
      },
      brokers: {
        type: 'integer',
        min: 1,
        max: 100,
        default: 1,
        flag: '--brokers <n>',
        doc: 'Brokers of the registry, of which each carries everything.',
      },
    },
  },
  quota: {
    type: 'group',
    doc: 'What the plan allows.',
    settings: {
      messages: {
        ...QUOTA,
        default: SANDBOX.messages,
        flag: '--max-messages <n>',
        doc: 'Messages a day that the plan allows.',
      },
      connections: {
        ...QUOTA,
        default: SANDBOX.connections,
        flag: '--max-connections <n>',
        doc: 'Connections at once that the plan allows.',
      },
    },
  },
} as const;

export function defineBudget(command: Command): void {
  command.addHelpText('after', "\nThe default plan is hosted Pusher's sandbox.").action(runBudget);
  addSettings(command, BUDGET_SETTINGS).option('--json', 'print JSON');
}

/** `rollcall budget`: exits with 1 over the quota, so that a script can ask before it deploys. */
function runBudget(options: Readonly<Record<string, string | boolean>>): void {
  const given = layered(BUDGET_SETTINGS, [fromFlags(BUDGET_SETTINGS, options)]);
  const { deployment, quota } = resolveSettings(BUDGET_SETTINGS, given);
  const budget = budgetOf(deployment);
  const exceeded = LIMITS.filter((limit) => budget[limit] > quota[limit]);
  console.log(
    options['json'] === true
      ? JSON.stringify({ deployment, quota, ...budget, exceeded }, null, 2)
      : report(budget, quota, deployment.brokers),
  );
  if (exceeded.length > 0) process.exitCode = 1;
}

const LIMITS = ['messages', 'connections'] as const;

/** What to do if most messages have this cause. */
const CURES: Record<Cause, string> = {
  lists: 'run fewer gateways, because each requests a list every 30 s',
  'roll calls': 'run fewer gateways, because roll calls grow with the cube of their number',
  renewals: 'choose a longer --ttl, or presence mode, which renews nothing',
  rollouts: 'replace instances less often',
  'gateway restarts': 'restart gateways less often',
  'gateway reconnects': 'find out what interrupts the connections',
  'instance reconnects':
    'find out what interrupts the connections, or use lease mode with a long --ttl',
};

function report(budget: Budget, quota: Quota, brokers: number): string {
  const rows = budget.costs.map(
    ({ cause, messages, formula }) => [cause, count(messages).padStart(14), formula] as const,
  );
  const each = brokers === 1 ? [] : [`Each of the ${brokers} brokers counts this:`, ''];
  return [
    ...each,
    linesText(tableOf(['CAUSE', 'MESSAGES A DAY', 'HOW'], rows), isInColour(process.stdout)),
    '',
    verdict('messages a day', budget.messages, quota.messages, () => cure(budget)),
    verdict('connections', budget.connections, quota.connections, () => FEWER_CONNECTIONS),
  ].join('\n');
}

const FEWER_CONNECTIONS =
  'instances in lease mode need none; or choose a larger plan, or run your own broker';

function cure({ costs }: Budget): string {
  const [most] = costs.toSorted((one, other) => other.messages - one.messages);
  const about = most === undefined ? '' : `most are ${most.cause}: ${CURES[most.cause]}; or `;
  return `${about}choose a larger plan, or run your own broker`;
}

function verdict(what: string, used: number, allowed: number, cure: () => string): string {
  const line = `${count(used)} of ${count(allowed)} ${what} (${Math.round((used / allowed) * 100)} %)`;
  return used > allowed ? `OVER: ${line}: ${cure()}` : `within: ${line}`;
}

/** Such as 27,300: in one form wherever it runs, since scripts read it. */
function count(value: number): string {
  return value.toLocaleString('en-US');
}
