import type { ClientRequest } from '../exchange/client-request.ts';
import { answerResponse, problemResponse } from '../exchange/own-response.ts';
import type { OwnResponse } from '../exchange/own-response.ts';
import type { RequestHead, ResponseHead } from '../message.ts';
import { FILTER_FAILED } from '../problems.ts';
import type { Decision } from '../proxy.ts';
import type { BodyTransform, Filter, FilterOutcome } from './filter.ts';
import { FilteredRequest, FilteredResponse } from './filtered-heads.ts';

/** What a run calls: the exchange. */
export interface FilterRunHandler {
  /** All filters have let the request pass. */
  onFiltersPassed(): void;
  /** A filter answers. */
  onOwnResponse(response: OwnResponse): void;
  /** A filter has thrown, rejected, or answered with an invalid response. */
  onFilterFailed(): void;
}

/** The head of a response behind all filters, and what its body passes, in this order. */
export interface FilteredOutcome {
  readonly head: ResponseHead;
  readonly transforms: readonly BodyTransform[];
  /** Of a response of the proxy's own. */
  readonly body: Uint8Array | undefined;
}

export interface FilterRunOptions {
  readonly filters: readonly Filter[];
  readonly request: ClientRequest;
  /** The target for the upstream, unless a filter changes it. */
  readonly target: string;
  /** The name of the route, if it has one. */
  readonly route: string | undefined;
  readonly onError: ((filter: string, error: unknown, requestId: string) => void) | undefined;
}

/** Returns the run of a request through the filters of its route; undefined if it has none. */
export function filterRun(
  decision: Decision,
  request: ClientRequest,
  onError: FilterRunOptions['onError'],
): FilterRun | undefined {
  const { filters } = decision;
  if (filters === undefined || filters.length === 0) return undefined;
  const target = decision.type === 'forward' ? decision.target : request.head.target;
  return new FilterRun({ filters, request, target, route: routeOf(decision), onError });
}

/** Returns the name of the route, if there is one. */
function routeOf(decision: Decision): string | undefined {
  return decision.type === 'forward' ? (decision.route ?? decision.prefix) : decision.route;
}

/** The way of one request, and of its response, through the filters of its route. */
export class FilterRun {
  readonly #filters: readonly Filter[];
  readonly #client: ClientRequest;
  readonly #request: FilteredRequest;
  readonly #onError: FilterRunOptions['onError'];
  /** How many filters have let the request pass. */
  #passed = 0;
  #isCancelled = false;

  constructor({ filters, request, target, route, onError }: FilterRunOptions) {
    this.#filters = filters;
    this.#client = request;
    this.#request = new FilteredRequest(request, target, route);
    this.#onError = onError;
  }

  /** The target for the upstream, as filters have left it. */
  get upstreamTarget(): string {
    return this.#request.upstreamTarget;
  }

  /** The head for the upstream, as filters have left it. */
  get head(): RequestHead {
    return this.#request.filteredHead();
  }

  /** Returns the trailers for the upstream, as filters leave them. */
  trailers(lines: string): string {
    return this.#request.filteredTrailers(lines);
  }

  /** Runs `onRequest` of all filters, in order, until one answers. The handler is called at once unless one takes its time. */
  start(handler: FilterRunHandler): void {
    this.#runFrom(0, handler);
  }

  /** The run is not waited for any more: nothing is called, and no other filter runs. */
  cancel(): void {
    this.#isCancelled = true;
  }

  /** The request is over: the filters that have let it pass learn of it. */
  end(): void {
    this.#isCancelled = true;
    for (const filter of this.#filters.slice(0, this.#passed)) {
      try {
        filter.onRequestEnd?.(this.#request);
      } catch (error) {
        this.report(filter.name, error);
      }
    }
  }

  /** They have taken longer than they may. */
  timedOut(maxMs: number, handler: FilterRunHandler): void {
    this.#isCancelled = true;
    this.report('', new Error(`the filters took longer than ${maxMs} ms`));
    handler.onFilterFailed();
  }

  /**
   * Runs `onResponse` of all filters, in the reverse order, and then asks for transforms.
   * @param hasBody whether one follows that may be transformed
   * @param own a response of the proxy's own
   * @returns undefined if a filter failed
   */
  respond(head: ResponseHead, hasBody: boolean, own?: OwnResponse): FilteredOutcome | undefined {
    const response = new FilteredResponse(head, own);
    const transforms: BodyTransform[] = [];
    const filters = this.#filters.toReversed();
    let running = '';
    try {
      for (const filter of filters) {
        running = filter.name;
        filter.onResponse?.(response, this.#request);
      }
      for (const filter of hasBody ? filters : []) {
        running = filter.name;
        const transform = filter.transformResponse?.(response, this.#request);
        if (transform !== undefined) transforms.push(transform);
      }
    } catch (error) {
      this.report(running, error);
      for (const each of transforms) each.destroy();
      return undefined;
    }
    const isHead = this.#client.method === 'HEAD';
    const { body } = response;
    return { head: response.filteredHead(transforms.length > 0, isHead), transforms, body };
  }

  /** Runs `onResponse` over a response of the proxy's own. If a filter fails, that problem goes out as it is. */
  respondOwn(own: OwnResponse): OwnResponse {
    const filtered = this.respond(own.head, false, own);
    if (filtered !== undefined)
      return { head: filtered.head, body: Buffer.from(filtered.body ?? own.body) };
    const { record } = this.#client;
    if (record !== undefined) record.problem = FILTER_FAILED.code;
    return problemResponse(FILTER_FAILED, this.#client);
  }

  /** Reports an error of a filter. @param filter its name; `''` if it is unknown */
  report(filter: string, error: unknown): void {
    this.#onError?.(filter, error, this.#client.id);
  }

  #runFrom(first: number, handler: FilterRunHandler): void {
    for (let index = first; ; index++) {
      const filter = this.#filters[index];
      if (filter === undefined) return handler.onFiltersPassed();
      let outcome;
      try {
        outcome = filter.onRequest?.(this.#request);
      } catch (error) {
        return this.#fail(filter, error, handler);
      }
      if (outcome === undefined) {
        this.#passed = index + 1;
        continue;
      }
      if ('then' in outcome) return this.#wait(outcome, filter, index, handler);
      return this.#answer(outcome, filter, handler);
    }
  }

  #wait(
    outcome: Promise<void | FilterOutcome>,
    filter: Filter,
    index: number,
    handler: FilterRunHandler,
  ): void {
    outcome.then(
      (answer) => {
        if (this.#isCancelled) return;
        if (answer !== undefined) return this.#answer(answer, filter, handler);
        this.#passed = index + 1;
        this.#runFrom(index + 1, handler);
      },
      (error: unknown) => this.#fail(filter, error, handler),
    );
  }

  #answer(answer: FilterOutcome, filter: Filter, handler: FilterRunHandler): void {
    const { record } = this.#client;
    let response: OwnResponse;
    try {
      response =
        'problem' in answer
          ? problemResponse(answer.problem, this.#client, answer.fields)
          : answerResponse(answer);
    } catch (error) {
      return this.#fail(filter, error, handler);
    }
    if (record !== undefined) {
      record.filter = filter.name;
      if ('problem' in answer) record.problem = answer.problem.code;
    }
    handler.onOwnResponse(response);
  }

  #fail(filter: Filter, error: unknown, handler: FilterRunHandler): void {
    this.report(filter.name, error);
    if (!this.#isCancelled) handler.onFilterFailed();
  }
}
