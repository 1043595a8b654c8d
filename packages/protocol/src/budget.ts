import { RULES } from './table/rules.ts';

/** A deployment in steady use: how large it is and what happens in it on one day. */
export interface Deployment {
  /** Instances in presence mode. */
  readonly presence: number;
  /** Instances in lease mode. */
  readonly lease: number;
  /** Of the leases, in seconds. */
  readonly ttl: number;
  /** Gateways, at least 1. */
  readonly gateways: number;
  /** How often every instance is replaced. */
  readonly rollouts: number;
  /** How often each gateway is started anew. */
  readonly gatewayRestarts: number;
  /** How often each connection is lost and made again: those of gateways, and of instances in presence mode. */
  readonly reconnects: number;
}

/** What a plan of the transport allows. */
export interface Quota {
  /** A day. */
  readonly messages: number;
  /** At once. */
  readonly connections: number;
}

/** Hosted Pusher's plan without charge. */
export const SANDBOX: Quota = { messages: 200_000, connections: 100 };

export type Cause =
  | 'lists'
  | 'roll calls'
  | 'renewals'
  | 'rollouts'
  | 'gateway restarts'
  | 'gateway reconnects'
  | 'instance reconnects';

export interface Cost {
  readonly cause: Cause;
  /** A day. */
  readonly messages: number;
  /** How they come about, for people. */
  readonly formula: string;
}

export interface Budget {
  readonly costs: readonly Cost[];
  /** The sum of the costs. */
  readonly messages: number;
  readonly connections: number;
}

const DAY_MS = 86_400_000;
const LISTS = DAY_MS / RULES.listEveryMs;
const ROLL_CALLS = DAY_MS / RULES.rollCallEveryMs;
/** An owner says again what it announced after every third of its lease. */
const RENEWALS_PER_TTL = 3;
/** A `table` of 10 KB holds so many announcements of 250 bytes. */
const ANNOUNCEMENTS_PER_PIECE = 40;

/**
 * What a deployment costs by the protocol, as hosted Pusher counts: every request to its HTTP API, each
 * delivery of an event, and each delivery of a presence member's coming or going. Pings and subscribing
 * are free. Crashes and changes of announcements are not in it.
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

/** Who has nothing to tell that is not in the digest is silent. */
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
 * An exit and a register for each instance. In presence mode the owner is told besides that the last
 * observer leaves its channel, which it does at the exit, and that the first one comes into the new one.
 */
function rollouts({ presence, lease, gateways, rollouts }: Deployment): Cost {
  const said = 2 * byInstance(gateways);
  return {
    cause: 'rollouts',
    messages: rollouts * (presence * (said + 2) + lease * said),
    formula: `${many(rollouts, 'rollout')} x (${many(presence, 'instance')} x ${said + 2} + ${many(lease, 'lease')} x ${said}): exit and register, and in presence mode observers go and come`,
  };
}

/** It knows nothing, at worst, and is told everything by every other gateway. */
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
  // Only who asks knowing nothing is answered that there is nothing.
  const each = arrival(deployment, presence + lease === 0 ? 1 : 0);
  return {
    cause: 'gateway reconnects',
    messages: reconnects * gateways * each,
    formula: `${reconnects} x ${many(gateways, 'gateway')} x ${each}: two roll calls, a list`,
  };
}

/** Every gateway is told that the member has gone, that it is back, and what it announces. */
function instanceReconnects({ presence, gateways, reconnects }: Deployment): Cost {
  const each = 2 * gateways + byInstance(gateways);
  return {
    cause: 'instance reconnects',
    messages: reconnects * presence * each,
    formula: `${reconnects} x ${many(presence, 'instance')} x ${each}: gone, back, register`,
  };
}

/** What a gateway says and asks when it has subscribed, and what the other gateways answer. */
function arrival({ presence, gateways }: Deployment, pieces: number): number {
  const inRegistry = (1 + (gateways - 1) * pieces) * byGateway(gateways);
  const toOwners = 1 + presence;
  // All gateways are one user: only the last to leave a presence channel and the first to come are told of.
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
