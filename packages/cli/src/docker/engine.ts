import { request } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { isRecord, quote } from '@rollcall/protocol';
import { httpRequest } from '@rollcall/runtime';
import type { HttpFailure, HttpResponse } from '@rollcall/runtime';
import { readContainer, readListed } from './container.ts';
import type { Container, Listed } from './container.ts';
import { describeEngine } from './engine-address.ts';
import type { EngineAddress } from './engine-address.ts';
import { readEvents } from './engine-events.ts';
import type { EngineEvent } from './engine-events.ts';

/** Engines answer within milliseconds, and within seconds while they start or stop many containers. */
const TIMEOUT_MS = 10_000;
/** A list of 10,000 containers has about 20 MB. */
const MAX_LIST_BYTES = 64 * 1024 * 1024;
const MAX_CONTAINER_BYTES = 4 * 1024 * 1024;

const LIST = '/containers/json';
const EVENTS = `/events?filters=${encodeURIComponent(JSON.stringify({ type: ['container', 'network'] }))}`;

const ADVICE: Readonly<Record<string, string>> = {
  ENOENT: 'start the engine, or name its socket by --engine',
  ECONNREFUSED: 'start the engine, or name its socket by --engine',
  EACCES: 'run rollcall as a user that may read the socket, such as of the group docker',
  ETIMEDOUT: `it did not answer within ${TIMEOUT_MS / 1000} s`,
};

/** Failures that say nothing of other containers: an answer that is late, or too long. */
const OF_ONE_CONTAINER: ReadonlySet<string> = new Set(['ETIMEDOUT', 'EMSGSIZE']);

/** The engine cannot be read. Its message says why. */
export class EngineError extends Error {
  override readonly name: string = 'EngineError';
}

/** Reads from the API of Docker, or of Podman, which has the same. It changes nothing there. */
export class Engine {
  readonly #address: EngineAddress;

  constructor(address: EngineAddress) {
    this.#address = address;
  }

  /** Lists the containers that run or are paused. @throws EngineError */
  async list(): Promise<readonly Listed[]> {
    const { status, body } = await this.#ask(LIST, MAX_LIST_BYTES);
    if (status !== 200) throw this.#refused(LIST, status);
    const listed = parsed(body);
    if (!Array.isArray(listed)) throw this.#unexpected('the list of containers', listed);
    return listed.flatMap((each) => readListed(each) ?? []);
  }

  /**
   * Reads one container. Returns undefined if there is none of this id, and `unreadable` if the engine fails at this one, as it does
   * at one that hangs.
   * @throws EngineError if the engine cannot be reached
   */
  async inspect(id: string): Promise<Container | 'unreadable' | undefined> {
    const path = `/containers/${encodeURIComponent(id)}/json`;
    const answer = await this.#request(path, MAX_CONTAINER_BYTES);
    if ('code' in answer) {
      if (OF_ONE_CONTAINER.has(answer.code)) return 'unreadable';
      throw this.#unreachable(answer.code);
    }
    if (answer.status === 404) return undefined;
    if (answer.status !== 200) return 'unreadable';
    return readContainer(parsed(answer.body)) ?? 'unreadable';
  }

  /** The name of the engine's machine; undefined if it does not say, such as by a proxy that keeps it. */
  async hostName(): Promise<string | undefined> {
    const { status, body } = await this.#ask('/info', MAX_CONTAINER_BYTES);
    const info = status === 200 ? parsed(body) : undefined;
    const name = isRecord(info) ? info['Name'] : undefined;
    return typeof name === 'string' && name !== '' ? name : undefined;
  }

  /**
   * Subscribes to what happens to containers. Resolves when the engine has begun to report; what is read from it afterwards is not older.
   * @param signal ends the subscription
   * @throws EngineError
   */
  async events(signal: AbortSignal): Promise<AsyncIterable<EngineEvent>> {
    const response = await this.#open(EVENTS, signal);
    if (response.statusCode !== 200) {
      response.destroy();
      throw this.#refused(EVENTS, response.statusCode ?? 0);
    }
    return readEvents(response);
  }

  async #ask(path: string, maxBodyBytes: number): Promise<HttpResponse> {
    const answer = await this.#request(path, maxBodyBytes);
    if ('code' in answer) throw this.#unreachable(answer.code);
    return answer;
  }

  #request(path: string, maxBodyBytes: number): Promise<HttpResponse | HttpFailure> {
    return httpRequest({
      host: 'localhost',
      port: 0,
      ...this.#address,
      path,
      timeoutMs: TIMEOUT_MS,
      readsBody: true,
      maxBodyBytes,
    });
  }

  #open(path: string, signal: AbortSignal): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const sent = request({ ...this.#address, path, agent: false, signal });
      sent.setTimeout(TIMEOUT_MS, () => sent.destroy(this.#unreachable('ETIMEDOUT')));
      sent.on('error', (error: NodeJS.ErrnoException) =>
        reject(error instanceof EngineError ? error : this.#unreachable(error.code ?? 'EIO')),
      );
      sent.once('response', (response) => {
        // Nothing may happen for days.
        sent.setTimeout(0);
        resolve(response);
      });
      sent.end();
    });
  }

  #unreachable(code: string): EngineError {
    const advice = ADVICE[code];
    return new EngineError(
      `cannot reach the engine at ${describeEngine(this.#address)} (${code})${advice === undefined ? '' : `: ${advice}`}`,
    );
  }

  #refused(path: string, status: number): EngineError {
    const advice =
      status === 403 ? ': a socket proxy has to let containers and events through' : '';
    return new EngineError(
      `the engine at ${describeEngine(this.#address)} answered GET ${path.replace(/\?.*/, '')} with ${status}${advice}`,
    );
  }

  #unexpected(what: string, value: unknown): EngineError {
    return new EngineError(
      `the engine at ${describeEngine(this.#address)} answered ${quote(value)} for ${what}`,
    );
  }
}

/** Undefined if it is no JSON. */
function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
