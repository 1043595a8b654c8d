import { RULES } from './table/rules.ts';

/** A deployment in steady use: how large it is and what happens in it on one day. */
export interface Deployment {
  /** Instances in presence mode. */
  readonly presence: number;
  /** Instances in lease mode. */
  readonly lease: number;
  /** The ttl of the leases, in seconds. */
  readonly ttl: number;
  /** Gateways, at least 1. */
  readonly gateways: number;
  /** How often a day every instance is replaced. */
  readonly rollouts: number;
  /** How often a day each gateway restarts. */
  readonly gatewayRestarts: number;
  /** How often a day each connection of a gateway, or of an instance in presence mode, is lost and re-established. */
  readonly reconnects: number;
}

/** What a plan of the transport allows. */
export interface Quota {
  /** Messages a day. */
  readonly messages: number;
  /** Concurrent connections. */
  readonly connections: number;
}

/** The free plan of hosted Pusher. */
export const SANDBOX: Quota = { messages: 200_000, connections: 100 };

/** What causes messages. */
export type Cause =
  | 'lists'
  | 'roll calls'
  | 'renewals'
  | 'rollouts'
  | 'gateway restarts'
  | 'gateway reconnects'
  | 'instance reconnects';

/** The messages that one cause has. */
export interface Cost {
  readonly cause: Cause;
  /** Messages a day. */
  readonly messages: number;
  /** How the number is computed, for people. */
  readonly formula: string;
}

/** What a deployment costs. */
export interface Budget {
  readonly costs: readonly Cost[];
  /** The sum of the costs. */
  readonly messages: number;
  readonly connections: number;
}

const DAY_MS = 86_400_000;
const LISTS = DAY_MS / RULES.listEveryMs;
const ROLL_CALLS = DAY_MS / RULES.rollCallEveryMs;
/** An owner renews its lease after every third of it. */
const RENEWALS_PER_TTL = 3;
/** A `table` event of 10 KB holds this many announcements of 250 bytes. */
const ANNOUNCEMENTS_PER_PIECE = 40;

/**
 * The messages and connections of a deployment, as hosted Pusher counts them: every request to its HTTP API, each
 * delivery of an event, and each delivery of a presence member that joins or leaves. Pings and subscriptions are
 * free. Crashes and changes of announcements are not included.
 */
export function budgetOf(deployment: Deployment): Budget {
  const costs = [
    lists(deployment),
    rollCalls(deployment),
    renewals(deployment),
    rollouts(deployment),
    gatewayRestarts(deployment),
    gatewayReconnects(deployment),
    instanceReconnects(deployment),
  ];
  return {
    costs,
    messages: costs.reduce((sum, { messages }) => sum + messages, 0),
    connections: deployment.presence + deployment.gateways,
  };
}

function lists({ gateways }: Deployment): Cost {
  return {
    cause: 'lists',
    messages: gateways * LISTS,
    formula: `${many(gateways, 'gateway')} x ${LISTS} lists of presence channels`,
  };
}

/** A gateway whose table has nothing that the digest lacks does not answer. */
function rollCalls({ gateways }: Deployment): Cost {
  return {
    cause: 'roll calls',
    messages: gateways * ROLL_CALLS * byGateway(gateways),
    formula: `${many(gateways, 'gateway')} x ${ROLL_CALLS} roll calls x ${many(byGateway(gateways), 'message')}`,
  };
}

function renewals({ lease, ttl, gateways }: Deployment): Cost {
  const each = Math.ceil((RENEWALS_PER_TTL * DAY_MS) / 1000 / ttl);
  return {
    cause: 'renewals',
    messages: lease * each * byInstance(gateways),
    formula: `${many(lease, 'lease')} x ${each} registers x ${byInstance(gateways)} messages`,
  };
}

/**
 * An exit and a register for each instance. In presence mode the owner also receives that the last observer has
 * left its channel, at the exit, and that the first one has joined the new channel.
 */
function rollouts({ presence, lease, gateways, rollouts }: Deployment): Cost {
  const published = 2 * byInstance(gateways);
  return {
    cause: 'rollouts',
    messages: rollouts * (presence * (published + 2) + lease * published),
    formula: `${many(rollouts, 'rollout')} x (${many(presence, 'instance')} x ${published + 2} + ${many(lease, 'lease')} x ${published}): exit and register, and in presence mode observers that leave and join`,
  };
}

/** At worst the gateway knows nothing, and every other gateway sends it everything. */
function gatewayRestarts(deployment: Deployment): Cost {
  const { presence, lease, gateways, gatewayRestarts } = deployment;
  const pieces = Math.max(1, Math.ceil((presence + lease) / ANNOUNCEMENTS_PER_PIECE));
  const each = arrival(deployment, pieces);
  return {
    cause: 'gateway restarts',
    messages: gatewayRestarts * gateways * each,
    formula: `${gatewayRestarts} x ${many(gateways, 'gateway')} x ${each}: two roll calls, answers in ${many(pieces, 'part')}, a list`,
  };
}

function gatewayReconnects(deployment: Deployment): Cost {
  const { presence, lease, gateways, reconnects } = deployment;
  // An empty table is sent only to a gateway that knows nothing.
  const each = arrival(deployment, presence + lease === 0 ? 1 : 0);
  return {
    cause: 'gateway reconnects',
    messages: reconnects * gateways * each,
    formula: `${reconnects} x ${many(gateways, 'gateway')} x ${each}: two roll calls, a list`,
  };
}

/** Every gateway receives that the member has left, that it has joined, and its announcement. */
function instanceReconnects({ presence, gateways, reconnects }: Deployment): Cost {
  const each = 2 * gateways + byInstance(gateways);
  return {
    cause: 'instance reconnects',
    messages: reconnects * presence * each,
    formula: `${reconnects} x ${many(presence, 'instance')} x ${each}: left, joined, register`,
  };
}

/** The messages of a gateway that has subscribed, and the answers of the other gateways. */
function arrival({ presence, gateways }: Deployment, pieces: number): number {
  const inRegistry = (1 + (gateways - 1) * pieces) * byGateway(gateways);
  const toOwners = 1 + presence;
  // All gateways are one user, so only the last to leave a presence channel and the first to join are reported.
  const seenByOwners = gateways === 1 ? 2 * presence : 0;
  return inRegistry + toOwners + seenByOwners + 1;
}

/** A publication of an instance to the registry: the request, and a delivery to each gateway. */
function byInstance(gateways: number): number {
  return 1 + gateways;
}

/** A publication of a gateway: the request, and a delivery to each of the others. */
function byGateway(gateways: number): number {
  return gateways;
}

function many(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
