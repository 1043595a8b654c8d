import { errorMessage } from '@rollcall/runtime';
import type { Logger } from '@rollcall/runtime';
import { parseUpstreamUrl } from '../routing/upstream-url.ts';
import type { Resolve, Target } from './resolve.ts';

interface NamesOptions {
  readonly resolve: Resolve;
  readonly logger: Logger;
  /** Is called when a URL leads to other servers than before. */
  readonly onChange: (url: string) => void;
}

interface Name {
  targets: readonly Target[];
  /** It was resolved, or could not be, for the first time. */
  isSettled: boolean;
  hasFailed: boolean;
  timer: NodeJS.Timeout | undefined;
  /** Resolves when it is settled. */
  first: Promise<void>;
}

const RETRY_MS = 5000;

/** Follows URLs whose host is a DNS name to the servers that they lead to. */
export class Names {
  readonly #options: NamesOptions;
  readonly #names = new Map<string, Name>();

  constructor(options: NamesOptions) {
    this.#options = options;
  }

  /** Follows these URLs and no others. */
  follow(urls: ReadonlySet<string>): void {
    for (const [url, { timer }] of this.#names) {
      if (urls.has(url)) continue;
      clearTimeout(timer);
      this.#names.delete(url);
    }
    for (const url of urls) if (!this.#names.has(url)) this.#start(url);
  }

  /** The servers that a URL leads to now. */
  targetsOf(url: string): readonly Target[] {
    return this.#names.get(url)?.targets ?? [];
  }

  /** Whether every name was resolved, or could not be. */
  get isSettled(): boolean {
    return [...this.#names.values()].every(({ isSettled }) => isSettled);
  }

  /** Resolves when every name was resolved, or could not be, or after a time. */
  async ready(withinMs: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<void>((resolve) => (timer = setTimeout(resolve, withinMs)));
    const all = Promise.all(Array.from(this.#names.values(), ({ first }) => first));
    await Promise.race([all, timeout]);
    clearTimeout(timer);
  }

  #start(url: string): void {
    const first = Promise.resolve();
    const name: Name = {
      targets: [],
      isSettled: false,
      hasFailed: false,
      timer: undefined,
      first,
    };
    this.#names.set(url, name);
    name.first = this.#resolve(url, name);
  }

  /** Resolves a name now, and again when the answer is not valid any more. A failure keeps the last servers. */
  async #resolve(url: string, name: Name): Promise<void> {
    const { resolve, logger, onChange } = this.#options;
    const parsed = parseUpstreamUrl(url);
    if (parsed === undefined) return;
    const { host } = parsed;
    let again = RETRY_MS;
    let failure: unknown;
    let { targets } = name;
    try {
      const found = await resolve(parsed, targets);
      again = found.validMs;
      ({ targets } = found);
    } catch (error) {
      failure = error;
    }
    // Meanwhile it may not be configured any more.
    if (this.#names.get(url) !== name) return;
    name.isSettled = true;
    if (failure !== undefined && !name.hasFailed) {
      const kept = targets.length === 0 ? 'it has no address' : 'keeping its last addresses';
      logger.warn({ host, reason: errorMessage(failure) }, `cannot resolve an upstream: ${kept}`);
    }
    if (failure === undefined && name.hasFailed)
      logger.info({ host }, 'resolved an upstream again');
    name.hasFailed = failure !== undefined;
    name.timer = setTimeout(() => void this.#resolve(url, name), again).unref();
    if (JSON.stringify(targets) === JSON.stringify(name.targets)) return;
    name.targets = targets;
    onChange(url);
  }
}
