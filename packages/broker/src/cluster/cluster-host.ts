import type { Logger } from '@rollcall/runtime';
import type { App, AppEnvironment, AppHost, ClusterState } from '../app/app.ts';
import type { AppOptions } from '../settings/options.ts';
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

  private constructor(node: ClusterNode) {
    this.#node = node;
  }

  static async open({ url, prefix, logger }: ClusterHostOptions): Promise<ClusterHost> {
    return new ClusterHost(new ClusterNode({ openBus: await busAt(url), prefix, logger }));
  }

  get isReady(): boolean {
    return this.#node.isReady;
  }

  get cluster(): ClusterState {
    const { peers, isConnected, lostEvents, ignoredMessages } = this.#node;
    return { nodes: peers.length + 1, isConnected, lostEvents, ignoredMessages };
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
