import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspected } from './containers.ts';
import type { Inspected } from './containers.ts';

/** An engine that does as a test says. Its socket stays the same when it is started again. */
export class FakeEngine {
  readonly socketPath: string;
  /** By the digit that their ids consist of. */
  readonly containers = new Map<string, Inspected>();
  /** Answers in place of the engine, if it returns true. */
  intercept: (path: string, response: ServerResponse) => boolean = () => false;
  /** The paths that were requested. */
  readonly requested: string[] = [];
  readonly #folder: string;
  readonly #streams = new Set<ServerResponse>();
  #server: Server | undefined;

  constructor() {
    this.#folder = mkdtempSync(join(tmpdir(), 'rollcall-fake-engine-'));
    this.socketPath = join(this.#folder, 'socket');
  }

  async start(): Promise<void> {
    this.#server = createServer((request, response) => this.#answer(request, response));
    this.#server.listen(this.socketPath);
    await once(this.#server, 'listening');
  }

  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  }

  async end(): Promise<void> {
    await this.stop();
    rmSync(this.#folder, { recursive: true });
  }

  /** How many programs follow the events. */
  get followers(): number {
    return this.#streams.size;
  }

  /** Runs a container, and says so. */
  run(id: string, labels?: Record<string, string>): Inspected {
    const container = inspected(id, labels);
    this.containers.set(id, container);
    this.emit(id, 'start');
    return container;
  }

  /** Changes the state of a container. */
  change(id: string, state: Record<string, unknown>): void {
    Object.assign(this.containers.get(id)?.State ?? {}, state);
  }

  emit(id: string, action: string, attributes: Record<string, string> = {}): void {
    const actor = { ID: id.repeat(64), Attributes: attributes };
    this.write(`${JSON.stringify({ Type: 'container', Action: action, Actor: actor })}\n`);
  }

  /** Writes to those who follow the events. */
  write(text: string): void {
    for (const stream of this.#streams) stream.write(text);
  }

  /** Cuts the streams of events off. */
  cut(): void {
    for (const stream of this.#streams) stream.destroy();
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const path = request.url ?? '';
    this.requested.push(path);
    if (this.intercept(path, response)) return;
    const [, id] = /^\/containers\/([^/]+)\/json/.exec(path) ?? [];
    if (path.startsWith('/events')) this.#follow(response);
    else if (path === '/info') response.end(JSON.stringify({ Name: 'host-5' }));
    else if (id !== undefined) this.#inspect(id, response);
    else response.end(JSON.stringify([...this.containers.values()].filter(isListed).map(listed)));
  }

  #follow(response: ServerResponse): void {
    response.flushHeaders();
    this.#streams.add(response);
    response.once('close', () => this.#streams.delete(response));
  }

  #inspect(id: string, response: ServerResponse): void {
    const container = [...this.containers.values()].find(({ Id }) => Id === id);
    if (container === undefined) response.writeHead(404);
    response.end(JSON.stringify(container ?? { message: 'No such container' }));
  }
}

/** As the engine's list without `all`. */
function isListed({ State }: Inspected): boolean {
  return ['running', 'paused', 'restarting'].includes(String(State['Status']));
}

function listed({ Id, Config }: Inspected): unknown {
  return { Id, Labels: Config['Labels'] };
}
