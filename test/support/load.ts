import { once } from 'node:events';
import { Agent, request } from 'node:http';
import type { IncomingMessage, RequestOptions } from 'node:http';
import { text } from 'node:stream/consumers';

export interface LoadRequest extends RequestOptions {
  readonly path: string;
  readonly body?: string;
}

/** The walkthrough's two requests. */
export const GENERATE_V5: LoadRequest = {
  path: '/v1/generate',
  method: 'POST',
  headers: { 'Content-Type': 'application/json' },
  body: '{"id":"3jhbj333"}',
};
export const GENERATE_V4: LoadRequest = { path: '/v2/generate', method: 'POST' };

interface LoadOptions {
  /** Number of connections; each sends its next request when the previous one is answered. */
  readonly connections: number;
  /** Called for every 200 with the server's name and the time of the request. */
  readonly onAnswer?: (server: string, sentAt: number) => void;
}

/** Sends requests continuously over keep-alive connections until it is stopped. */
export class Load {
  /** Number of 200 responses. */
  answered = 0;
  /** Every other outcome as text. */
  readonly failures: string[] = [];
  readonly #url: string;
  readonly #agent: Agent;
  readonly #options: LoadOptions;
  readonly #clients: Promise<void>[];
  #isStopped = false;

  /** @param requests sent in rotation */
  constructor(url: string, requests: readonly LoadRequest[], options: LoadOptions) {
    this.#url = url;
    this.#options = options;
    this.#agent = new Agent({ keepAlive: true, maxSockets: options.connections });
    this.#clients = Array.from({ length: options.connections }, (_, client) =>
      this.#run(requests, client),
    );
  }

  /** Resolves when the requests in flight are answered. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all(this.#clients);
    this.#agent.destroy();
  }

  async #run(requests: readonly LoadRequest[], first: number): Promise<void> {
    for (let turn = first; !this.#isStopped; turn++) {
      const next = requests[turn % requests.length];
      if (next === undefined) throw new Error('there is nothing to ask');
      await this.#ask(next);
    }
  }

  async #ask({ body, ...options }: LoadRequest): Promise<void> {
    const sentAt = performance.now();
    try {
      const sent = request(this.#url, { agent: this.#agent, ...options });
      sent.end(body);
      const [response] = (await once(sent, 'response')) as [IncomingMessage];
      const answer = await text(response);
      const server = String(response.headers['x-server']);
      if (response.statusCode !== 200)
        throw new Error(`${response.statusCode} ${answer} (${server})`);
      this.answered++;
      this.#options.onAnswer?.(server, sentAt);
    } catch (error) {
      this.failures.push(`${options.path}: ${String(error)}`);
    }
  }
}
