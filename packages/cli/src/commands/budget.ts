import { Command } from 'commander';
import { budgetOf, SANDBOX } from '@rollcall/protocol';
import type { Budget, Cause, Deployment, Quota } from '@rollcall/protocol';
import { wholeNumber } from '../options.ts';
import { formatTable } from '../terminal/table.ts';

interface BudgetOptions {
  readonly instances: string;
  readonly leaseInstances: string;
  readonly ttl: string;
  readonly gateways: string;
  readonly rollouts: string;
  readonly gatewayRestarts: string;
  readonly reconnects: string;
  readonly maxMessages: string;
  readonly maxConnections: string;
  readonly json?: boolean;
}

export function budgetCommand(): Command {
  return new Command('budget')
    .description(
      "compute the messages a day of a deployment; exit with 1 if they exceed the plan's quota",
    )
    .option('--instances <n>', 'instances in presence mode', '10')
    .option('--lease-instances <n>', 'instances in lease mode', '0')
    .option('--ttl <seconds>', 'lifetime of a lease', '300')
    .option('--gateways <n>', 'gateways; a service that calls discover() counts as one', '2')
    .option('--rollouts <n>', 'times a day that every instance is replaced', '5')
    .option('--gateway-restarts <n>', 'times a day that each gateway restarts', '1')
    .option('--reconnects <n>', 'times a day that each connection is lost and restored', '1')
    .option('--max-messages <n>', 'messages a day that the plan allows', String(SANDBOX.messages))
    .option(
      '--max-connections <n>',
      'connections at once that the plan allows',
      String(SANDBOX.connections),
    )
    .option('--json', 'print JSON')
    .addHelpText('after', "\nThe default plan is hosted Pusher's sandbox.")
    .action(runBudget);
}

/** `rollcall budget`: exits with 1 over the quota, so that a script can ask before it deploys. */
function runBudget(options: BudgetOptions): void {
  const deployment: Deployment = {
    presence: wholeNumber('--instances', options.instances, INSTANCES),
    lease: wholeNumber('--lease-instances', options.leaseInstances, INSTANCES),
    ttl: wholeNumber('--ttl', options.ttl, { min: 1, max: 3600 }),
    gateways: wholeNumber('--gateways', options.gateways, { min: 1, max: 1000 }),
    rollouts: wholeNumber('--rollouts', options.rollouts, TIMES_A_DAY),
    gatewayRestarts: wholeNumber('--gateway-restarts', options.gatewayRestarts, TIMES_A_DAY),
    reconnects: wholeNumber('--reconnects', options.reconnects, TIMES_A_DAY),
  };
  const quota: Quota = {
    messages: wholeNumber('--max-messages', options.maxMessages, QUOTA),
    connections: wholeNumber('--max-connections', options.maxConnections, QUOTA),
  };
  const budget = budgetOf(deployment);
  const exceeded = LIMITS.filter((limit) => budget[limit] > quota[limit]);
  console.log(
    options.json === true
      ? JSON.stringify({ deployment, quota, ...budget, exceeded }, null, 2)
      : report(budget, quota),
  );
  if (exceeded.length > 0) process.exitCode = 1;
}

// Far above any deployment, and low enough that every product is exact.
const INSTANCES = { min: 0, max: 100_000 };
const TIMES_A_DAY = { min: 0, max: 1000 };
const QUOTA = { min: 1, max: 1_000_000_000 };

const LIMITS = ['messages', 'connections'] as const;

/** What helps, if most of the messages have this cause. */
const CURES: Record<Cause, string> = {
  lists: 'run fewer gateways, each of which asks every 30 s',
  'roll calls': 'run fewer gateways, for this grows with the cube of their number',
  renewals: 'choose a longer --ttl, or presence mode, which renews nothing',
  rollouts: 'replace instances less often',
  'gateway restarts': 'restart gateways less often',
  'gateway reconnects': 'find out what cuts the connections',
  'instance reconnects': 'find out what cuts the connections, or use lease mode with a long --ttl',
};

function report(budget: Budget, quota: Quota): string {
  const rows = budget.costs.map(
    ({ cause, messages, formula }) => [cause, count(messages).padStart(14), formula] as const,
  );
  return [
    formatTable(['CAUSE', 'MESSAGES A DAY', 'HOW'], rows),
    '',
    verdict('messages a day', budget.messages, quota.messages, () => cure(budget)),
    verdict('connections', budget.connections, quota.connections, () => FEWER_CONNECTIONS),
  ].join('\n');
}

const FEWER_CONNECTIONS =
  'instances in lease mode hold none; or take a larger plan, or a broker of your own';

function cure({ costs }: Budget): string {
  const [most] = costs.toSorted((one, other) => other.messages - one.messages);
  const about = most === undefined ? '' : `most are ${most.cause}: ${CURES[most.cause]}; or `;
  return `${about}take a larger plan, or a broker of your own`;
}

function verdict(what: string, used: number, allowed: number, cure: () => string): string {
  const line = `${count(used)} of ${count(allowed)} ${what} (${Math.round((used / allowed) * 100)} %)`;
  return used > allowed ? `OVER: ${line}: ${cure()}` : `within: ${line}`;
}

/** Such as 27,300: in one form wherever it runs, since scripts read it. */
function count(value: number): string {
  return value.toLocaleString('en-US');
}
