import type { App, AppHost, AppReport, ClusterState, NodeState } from '../app/app.ts';
import type { Caller } from '@rollcall/runtime/admin';
import type { BrokerScope } from '../settings/admin.ts';
import type { Apps } from '../app/apps.ts';
import { sharedCounts } from './app-counts.ts';

/** Counts of an app. */
export interface AppCounts {
  /** Connections that are open. */
  readonly connections: number;
  /** Channels with a subscriber, except those of single users. */
  readonly channels: number;
  /** Members of presence channels, each once for each channel. */
  readonly members: number;
}

/** An app, on this node and in the whole cluster. */
export interface AppView {
  /** The id of the app. */
  readonly appId: string;
  /** Whether it is served. */
  readonly isEnabled: boolean;
  /** What this node holds. */
  readonly thisNode: AppCounts;
  /** Connections are those of the nodes that answered. */
  readonly allNodes: AppCounts;
}

/** What a broker answers to `GET /api/status` of its admin API. */
export interface BrokerStatus {
  /** The broker's clock. Milliseconds since 1970. */
  readonly now: number;
  /** Whether it should be given clients. */
  readonly isReady: boolean;
  /** Why it is not ready. */
  readonly unreadiness?: string;
  /** Whether an admin token is set. Without one, nothing can be changed. */
  readonly token: 'set' | 'none';
  /** Who asks, by the token of the request. */
  readonly caller: BrokerCaller;
  /** The link to the other nodes. Undefined of a broker without a bus. */
  readonly cluster?: ClusterState;
  /** This node first. */
  readonly nodes: readonly NodeState[];
  /** Each app that this node serves. */
  readonly apps: readonly AppView[];
}

/** Who sent a request, and what it may do. */
export interface BrokerCaller {
  /** The name of its token; absent without one. */
  readonly name?: string;
  /** What it may do. Without a token, it may read on loopback if none is set. */
  readonly scopes: readonly BrokerScope[];
}

export interface StatusOptions {
  readonly apps: Apps;
  readonly host: Pick<AppHost, 'unreadiness' | 'cluster' | 'nodes'>;
  readonly hasToken: boolean;
  readonly caller: Caller<BrokerScope>;
}

/** Describes a broker, and the cluster as it knows it. */
export async function statusOf({
  apps,
  host,
  hasToken,
  caller: { token },
}: StatusOptions): Promise<BrokerStatus> {
  const nodes = await host.nodes();
  const { unreadiness, cluster } = host;
  return {
    now: Date.now(),
    isReady: unreadiness === undefined,
    ...(unreadiness !== undefined && { unreadiness }),
    token: hasToken ? 'set' : 'none',
    caller: token === undefined ? { scopes: ['read'] } : { name: token.name, scopes: token.scopes },
    ...(cluster !== undefined && { cluster }),
    nodes,
    apps: await Promise.all(Array.from(apps, (app) => viewOf(app, nodes))),
  };
}

async function viewOf(app: App, nodes: readonly NodeState[]): Promise<AppView> {
  const { appId, enabled } = app.options;
  const reports = nodes.flatMap(({ status, report }) => {
    const found = report?.apps.find((each) => each.appId === appId);
    return found === undefined ? [] : { isSelf: status === 'self', found };
  });
  const own = reports.find(({ isSelf }) => isSelf)?.found;
  const connections = reports.reduce((sum, { found }) => sum + found.connections, 0);
  return {
    appId,
    isEnabled: enabled !== false,
    thisNode: countsOf(own),
    allNodes: { connections, ...(await sharedCounts(app)) },
  };
}

function countsOf(report: AppReport | undefined): AppCounts {
  const { connections = 0, channels = 0, members = 0 } = report ?? {};
  return { connections, channels, members };
}
