import type { Logger } from '@rollcall/runtime';
import type {
  App,
  AppEnvironment,
  AppHost,
  ClusterState,
  NodeReport,
  NodeState,
} from '../app/app.ts';
import type { MaybePromise } from '../app/maybe-promise.ts';
import type { AppOptions } from '../settings/options.ts';
import { describeAddress } from './bus/bus-url.ts';
import type { BusUrl } from './bus/bus-url.ts';
import { busAt } from './bus/open-bus.ts';
import { ClusterApp } from './cluster-app.ts';
import { ClusterNode } from './cluster-node.ts';

export interface ClusterHostOptions {
  readonly url: BusUrl;
  readonly prefix: string;
  readonly logger: Logger;
}

/** Apps on one node of a cluster. */
export class ClusterHost implements AppHost {
  readonly #node: ClusterNode;
  readonly #url: BusUrl;

  private constructor(node: ClusterNode, url: BusUrl) {
    this.#node = node;
    this.#url = url;
  }

  static async open({ url, prefix, logger }: ClusterHostOptions): Promise<ClusterHost> {
    return new ClusterHost(new ClusterNode({ openBus: await busAt(url), prefix, logger }), url);
  }

  get unreadiness(): string | undefined {
    return this.#node.unreadiness;
  }

  get cluster(): ClusterState {
    const { peers, link, waitingEvents, lostEvents, ignoredMessages } = this.#node;
    const { engine, servers } = this.#url;
    const configured = servers.map(describeAddress);
    return {
      ...link,
      nodes: peers.length + 1,
      engine,
      servers: configured,
      waitingEvents,
      lostEvents,
      ignoredMessages,
    };
  }

  introduce(report: () => MaybePromise<NodeReport>): void {
    this.#node.reports.introduce(report);
  }

  async nodes(): Promise<readonly NodeState[]> {
    const reports = await this.#node.reports.ask();
    return this.#node.nodeStates().map((state) => {
      const report = reports.get(state.id);
      return report === undefined ? state : { ...state, report };
    });
  }

  readonly createApp = async (options: AppOptions, environment: AppEnvironment): Promise<App> => {
    const app = new ClusterApp(options, environment, this.#node);
    await app.open();
    return app;
  };

  leave(): void {
    this.#node.leave();
  }

  close(): Promise<void> {
    return this.#node.close();
  }
}
