import { once } from 'node:events';
import { isRecord } from '@rollcall/protocol';
import { readJson } from '@rollcall/protocol/pusher';
import type { AppReport, NodeReport } from '../app/app.ts';
import type { MaybePromise } from '../app/maybe-promise.ts';

/** A node that hangs does not answer. */
const TIMEOUT_MS = 500;

export interface NodeReportsOptions {
  readonly node: string;
  /** The other nodes that live. */
  readonly peers: () => readonly string[];
  /** Publishes to the subject that all nodes listen to. */
  readonly publish: (message: string) => Promise<void>;
}

type Reports = ReadonlyMap<string, NodeReport>;

interface Question {
  readonly waiting: Set<string>;
  readonly reports: Map<string, NodeReport>;
  readonly answer: Promise<Reports>;
  readonly finish: () => void;
}

/** What nodes say of themselves when one of them asks. While none does, nothing is said. */
export class NodeReports {
  readonly #options: NodeReportsOptions;
  #source: (() => MaybePromise<NodeReport>) | undefined;
  #question: Question | undefined;

  constructor(options: NodeReportsOptions) {
    this.#options = options;
  }

  /** Sets what this node says of itself. */
  introduce(source: () => MaybePromise<NodeReport>): void {
    this.#source = source;
  }

  /** Returns what the nodes say of themselves, by their ids. A node that does not answer in time is left out. */
  async ask(): Promise<Reports> {
    const { node } = this.#options;
    const [own, others] = await Promise.all([this.#source?.(), this.#askOthers()]);
    return own === undefined ? others : new Map([[node, own], ...others]);
  }

  /** Takes in what a node has said. */
  receive(text: string): void {
    const message = readJson(text);
    if (!isRecord(message)) return;
    const { node, asks, report } = message;
    if (typeof node !== 'string' || node === this.#options.node) return;
    if (asks === true) void this.#answer();
    else if (isReport(report)) this.#answered(node, report);
  }

  close(): void {
    this.#question?.finish();
  }

  #askOthers(): Promise<Reports> {
    if (this.#question !== undefined) return this.#question.answer;
    const { node, peers } = this.#options;
    const waiting = new Set(peers());
    if (waiting.size === 0) return Promise.resolve(new Map());
    const question = this.#open(waiting);
    this.#publish({ node, asks: true }).catch(() => question.finish());
    return question.answer;
  }

  #open(waiting: Set<string>): Question {
    const reports = new Map<string, NodeReport>();
    const ending = new AbortController();
    const timer = setTimeout(() => ending.abort(), TIMEOUT_MS);
    const answer = once(ending.signal, 'abort').then(() => {
      clearTimeout(timer);
      this.#question = undefined;
      return reports;
    });
    return (this.#question = { waiting, reports, answer, finish: () => ending.abort() });
  }

  async #answer(): Promise<void> {
    const report = await this.#source?.();
    if (report === undefined) return;
    // If the link is lost now, the node that asks does not wait for long.
    await this.#publish({ node: this.#options.node, report }).catch(() => {});
  }

  #answered(node: string, report: NodeReport): void {
    const question = this.#question;
    if (question === undefined) return;
    question.reports.set(node, report);
    question.waiting.delete(node);
    if (question.waiting.size === 0) question.finish();
  }

  #publish(message: object): Promise<void> {
    return this.#options.publish(JSON.stringify(message));
  }
}

function isReport(value: unknown): value is NodeReport {
  if (!isRecord(value)) return false;
  const { address, startedAt, apps } = value;
  return (
    typeof address === 'string' &&
    typeof startedAt === 'number' &&
    Array.isArray(apps) &&
    apps.every((app) => isAppReport(app))
  );
}

function isAppReport(value: unknown): value is AppReport {
  if (!isRecord(value)) return false;
  const { appId, connections, channels, members } = value;
  return (
    typeof appId === 'string' &&
    [connections, channels, members].every((count) => Number.isSafeInteger(count))
  );
}
