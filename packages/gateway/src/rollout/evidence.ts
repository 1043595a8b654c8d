import { addLatencies, newLatencies, observeLatency } from './latencies.ts';
import type { Latencies } from './latencies.ts';
import type { Split } from './split.ts';

/** Requests, and those of them that failed. */
export interface ServedCounts {
  requests: number;
  failures: number;
}

/** What became of the requests of one group of a split. */
export interface Arm {
  requests: number;
  /** Of requests that were shared one by one. */
  failures: number;
  /** The keys of requests that failed and were shared by a key, as those of clients that are sticky. */
  failedKeys: readonly number[];
  /** By instance, of requests that were shared one by one. */
  readonly instances: Map<string, ServedCounts>;
  /** Milliseconds to the head of the response, of requests that did not fail. */
  readonly latencies: Latencies;
}

/** What was observed under one split of a service: an arm for each of its groups. */
export interface Evidence {
  readonly service: string;
  readonly epoch: number;
  readonly arms: readonly Arm[];
}

/** So many are collected of all arms together: what is left out is then left out of each alike. */
const MAX_FAILED_KEYS = 1000;

/** How a request ended. */
export interface Outcome {
  readonly isFailure: boolean;
  /** Undefined if it does not count: the request failed, or its instance is warming up. */
  readonly ms: number | undefined;
  /** The key of the instance that the request was sent to. */
  readonly instance: string;
}

export function newArm(): Arm {
  const [instances, latencies] = [new Map<string, ServedCounts>(), newLatencies()];
  return { requests: 0, failures: 0, failedKeys: [], instances, latencies };
}

export function addArm(
  arm: Arm,
  { requests, failures, failedKeys, instances, latencies }: Arm,
): void {
  for (const [key, counts] of instances) addServed(arm, key, counts);
  arm.requests += requests;
  arm.failures += failures;
  arm.failedKeys = [...arm.failedKeys, ...failedKeys];
  addLatencies(arm.latencies, latencies);
}

function addServed({ instances }: Arm, key: string, { requests, failures }: ServedCounts): void {
  const counts = instances.get(key) ?? { requests: 0, failures: 0 };
  counts.requests += requests;
  counts.failures += failures;
  instances.set(key, counts);
}

/** Collects the outcomes of requests by service, split and group. */
export class EvidenceCollector {
  readonly #services = new Map<string, Map<number, Evidence>>();

  /** @param key what the request was shared by; undefined if by chance */
  record(
    service: string,
    split: Split,
    group: number,
    { isFailure, ms, instance }: Outcome,
    key: number | undefined,
  ): void {
    const { arms } = this.#of(service, split.epoch, split.groups.length);
    const arm = arms[group];
    if (arm === undefined) return;
    arm.requests++;
    if (key === undefined) addServed(arm, instance, { requests: 1, failures: isFailure ? 1 : 0 });
    if (isFailure) addFailure(arms, arm, key);
    if (ms !== undefined) observeLatency(arm.latencies, ms);
  }

  /** Adds what another process collected. */
  add(all: readonly Evidence[]): void {
    for (const { service, epoch, arms } of all) {
      const own = this.#of(service, epoch, arms.length);
      for (const [index, arm] of own.arms.entries()) addArm(arm, arms[index] ?? newArm());
    }
  }

  /** Returns what was collected since the last time. */
  take(): Evidence[] {
    const all = [...this.#services.values()].flatMap((epochs) => [...epochs.values()]);
    this.#services.clear();
    return all;
  }

  #of(service: string, epoch: number, groups: number): Evidence {
    let epochs = this.#services.get(service);
    if (epochs === undefined) this.#services.set(service, (epochs = new Map()));
    let evidence = epochs.get(epoch);
    if (evidence === undefined) {
      evidence = { service, epoch, arms: Array.from({ length: groups }, newArm) };
      epochs.set(epoch, evidence);
    }
    return evidence;
  }
}

function addFailure(arms: readonly Arm[], arm: Arm, key: number | undefined): void {
  if (key === undefined) {
    arm.failures++;
    return;
  }
  const count = arms.reduce((sum, each) => sum + each.failedKeys.length, 0);
  if (count < MAX_FAILED_KEYS && !arm.failedKeys.includes(key))
    arm.failedKeys = [...arm.failedKeys, key];
}
