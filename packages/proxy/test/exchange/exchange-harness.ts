import type { Context } from '../../src/context.ts';
import { ForwardedFields } from '../../src/downstream/forwarded-fields.ts';
import { Exchange } from '../../src/exchange/exchange.ts';
import { RequestIds } from '../../src/exchange/request-ids.ts';
import type { Filter } from '../../src/filters/filter.ts';
import { parseRequest } from '../../src/http1/request.ts';
import { Underscores } from '../../src/http1/underscores.ts';
import { LIMITS } from '../../src/limits.ts';
import type { Limits } from '../../src/limits.ts';
import { DONE, MORE } from '../../src/message.ts';
import { Mirrors } from '../../src/mirror/mirrors.ts';
import type { Decision, RequestSummary, Upstream } from '../../src/proxy.ts';
import { Pools } from '../../src/upstream/pools.ts';
import { forwardBy } from '../decisions.ts';
import type { Reported } from '../decisions.ts';
import { afterwards } from '../harness.ts';
import { MemoryStream } from './memory-stream.ts';

export interface Setup {
  readonly upstreams?: readonly Upstream[];
  readonly decision?: Decision;
  readonly filters?: readonly Filter[];
  readonly limits?: Partial<Limits>;
  /** Method and target. */
  readonly line?: string;
  /** Lines of fields. */
  readonly fields?: string;
  /** What has come of the body with the head. */
  readonly body?: string;
  /** Whether that is all. */
  readonly isComplete?: boolean;
  /** Connections of clients that could still be opened. */
  readonly roomForCopies?: number;
  readonly onInternalError?: (error: Error) => void;
}

function throwError(error: Error): never {
  throw error;
}

/** An exchange whose client is a stream in memory, and whose clock stands until it is moved. */
export function exchange({
  upstreams = [],
  decision,
  filters,
  limits = {},
  line = 'GET /',
  fields = '',
  body = '',
  isComplete = true,
  roomForCopies = Infinity,
  onInternalError = throwError,
}: Setup) {
  const summaries: RequestSummary[] = [];
  const failures: [filter: string, error: unknown][] = [];
  const reported: Reported = { statuses: [], ends: [] };
  const left = [...upstreams];
  const clock = { now: 0, after: (ms: number) => clock.now + ms };
  const allLimits = { ...LIMITS, ...limits };
  const pools = new Pools(allLimits, clock);
  afterwards(() => pools.destroy());
  const context: Context = {
    decide: ({ target }) =>
      decision ?? { ...forwardBy(() => left.shift(), target, '/v1', reported), filters },
    pseudonym: 'us',
    via: 'us',
    underscores: new Underscores(false),
    limits: allLimits,
    isTrustedProxy: () => false,
    clock,
    pools,
    mirrors: new Mirrors(pools, clock, allLimits, () => roomForCopies),
    requestIds: new RequestIds(),
    http2Streams: { open: 0, max: Infinity },
    onFaultyClient: () => {},
    isClosing: false,
    onInternalError,
    onRequestEnd: (summary) => summaries.push(summary),
    onFilterError: (filter, error) => failures.push([filter, error]),
  };
  const head = parseRequest(`${line} HTTP/1.1\r\nHost: a\r\n${fields}`);
  if (!head.ok) throw new Error(head.problem.detail);
  const peer = { address: '192.0.2.1', localPort: 80, protocol: 'http' } as const;
  const forwarded = new ForwardedFields(peer, context.isTrustedProxy);
  const stream = new MemoryStream();
  const made = new Exchange(stream, head, forwarded, context);
  const start = (): void => {
    made.start(body === '' ? [] : [Buffer.from(body)], isComplete ? DONE : MORE);
  };
  /** Resolves when the stream is as wanted. */
  const until = (isWanted: (stream: MemoryStream) => boolean): Promise<void> =>
    new Promise((resolve) => {
      stream.onChange = () => {
        if (isWanted(stream)) resolve();
      };
      stream.onChange();
    });
  return {
    exchange: made,
    stream,
    summaries,
    failures,
    reported,
    start,
    /** Starts it; resolves when it is over. */
    run: (): Promise<void> => {
      start();
      return until(isOver);
    },
    /** Moves the clock on. */
    pass: (ms: number): void => {
      clock.now += ms;
      made.check(clock.now);
    },
    until,
  };
}

export const isOver = ({ state }: MemoryStream): boolean =>
  state === 'finished' || state === 'reset';
