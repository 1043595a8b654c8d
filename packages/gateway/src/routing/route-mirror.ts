import { WeightedRoundRobin } from '@rollcall/client';
import type { Instance } from '@rollcall/client';
import type { Mirror, MirrorDrop, Upstream } from '@rollcall/proxy';
import type { RoutedService } from './routed-service.ts';
import { upstreamOf } from './upstream-of.ts';
import type { TlsFor } from './upstream-of.ts';
import { versionOf } from './version-choice.ts';
import type { MirrorRules } from './version-rules.ts';

/** Why a copy was not sent: `maxInFlight` others were on their way, or no instance of the version receives traffic. */
export type CopyDrop = MirrorDrop | 'in-flight' | 'no-instance';

/** Receives what became of the copies of requests. */
export interface MirrorEvents {
  /** @param status of the response; undefined if none came to its end in time */
  mirrored(route: string, status: number | undefined): void;
  mirrorDropped(route: string, reason: CopyDrop): void;
}

export interface RouteMirrorOptions {
  readonly rules: MirrorRules;
  /** The key of the route, by which copies are counted. */
  readonly route: string;
  /** What copies have as Host: see `hostFor`. */
  readonly hostHeader: string;
  readonly service: RoutedService;
  readonly events: MirrorEvents | undefined;
  readonly tlsFor: TlsFor;
  /** Returns a number from 0 to 1, as Math.random does. */
  readonly random: () => number;
}

/**
 * Which requests of a route are copied, and to which instance of the version. Copies have turns of their own and are
 * counted apart: nothing of them reaches the balancer, ejection, the retry budget or the comparison of versions.
 */
export class RouteMirror {
  readonly #options: RouteMirrorOptions;
  readonly #turns = new WeightedRoundRobin();
  #inFlight = 0;

  constructor(options: RouteMirrorOptions) {
    this.#options = options;
  }

  /**
   * Returns the way of a request's copy, if it gets one.
   * @param servedBy returns the instance that receives the request
   */
  draw(servedBy: () => Instance | undefined): Mirror | undefined {
    const { rules, route, events, random } = this.#options;
    if (random() >= rules.share) return undefined;
    return {
      maxBodyBytes: rules.maxBodyBytes,
      timeoutMs: rules.timeoutMs,
      next: () => this.#next(servedBy()),
      onEnd: (status) => {
        this.#inFlight--;
        events?.mirrored(route, status);
      },
      onDropped: (reason) => events?.mirrorDropped(route, reason),
    };
  }

  #next(servedBy: Instance | undefined): Upstream | undefined {
    const { rules, service, hostHeader, tlsFor } = this.#options;
    const { version } = rules;
    // The version has received the request itself.
    if (servedBy !== undefined && versionOf(servedBy) === version) return undefined;
    if (this.#inFlight >= rules.maxInFlight) return this.#drop('in-flight');
    const instance = this.#turns.next(
      service.instances.filter((each) => versionOf(each) === version),
    );
    if (instance === undefined) return this.#drop('no-instance');
    this.#inFlight++;
    return upstreamOf(instance, hostHeader, tlsFor);
  }

  #drop(reason: 'in-flight' | 'no-instance'): undefined {
    this.#options.events?.mirrorDropped(this.#options.route, reason);
  }
}
