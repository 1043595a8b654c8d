import type { InstanceCounts } from './culprit.ts';
import { addArm, newArm } from './evidence.ts';
import type { Arm } from './evidence.ts';
import { FailureTest } from './failure-test.ts';
import { countOf, latencyAt } from './latencies.ts';
import { LatencyTest } from './latency-test.ts';

/** What was observed of a new version and of the old ones at the same time. */
export interface Observed {
  readonly ofNew: Arm;
  readonly ofOld: Arm;
  /** The share of the requests to either that the new version received. */
  readonly share: number;
  /** Whether requests are still shared so. */
  readonly isCurrent: boolean;
}

/** Requests of a version, in numbers for people. */
export interface Figures {
  readonly requests: number;
  readonly failures: number;
  /** Half of the requests took longer, in milliseconds; absent if none was measured. */
  readonly medianMs?: number;
  /** One request in twenty took longer, in milliseconds; absent if none was measured. */
  readonly p95Ms?: number;
}

/** Each of the two tests holds back a version that is no worse with a probability of at most 1 in 1000. */
const IS_WORSE = Math.log(1000);
/** The version looks worse: its share does not grow until it looks better. */
const LOOKS_WORSE = Math.log(20);

/** A version that fails by less than this share of its requests more is not held back, though the difference be certain. */
const MIN_EXCESS = 0.001;
const MIN_FAILURES = 5;

/** The share grows when it is unlikely that the version fails by this share of its requests more. */
const MAX_EXCESS = 0.02;
/** The share grows when it is unlikely that the version is slower than tolerated by more than this. */
const MAX_LEAD = 0.02;

/** So many keys are known to have failed. Then each one counts again, so that there is always evidence of failures. */
const MAX_FAILED_KEYS = 100_000;

/** A window of latencies is closed once it has so many of each, or is so old. */
const MIN_IN_WINDOW = 5;
const MAX_WINDOW_MS = 15_000;

/** Compares a new version with the old ones: whether it is worse, and whether enough is known to give it more requests. */
export class Comparison {
  readonly #failures = new FailureTest();
  readonly #latency = new LatencyTest();
  readonly #failedKeys = new Set<number>();
  readonly #ofNew = newArm();
  readonly #ofOld = newArm();
  #window = newWindow(0);
  /** Since its share grew. */
  #step = newStep();
  /** Keys of instances of the new version whose requests do not count. */
  readonly excused: ReadonlySet<string>;

  constructor(excused: Iterable<string> = []) {
    this.excused = new Set(excused);
  }

  /** Returns a comparison that begins now, without this instance. */
  without(key: string, now: number): Comparison {
    const anew = new Comparison([...this.excused, key]);
    anew.sharesChanged(now);
    return anew;
  }

  /** What became of the requests of each instance of the new version. */
  get instances(): InstanceCounts[] {
    return Array.from(this.#ofNew.instances, ([key, counts]) => ({ key, ...counts }));
  }

  /** Takes in what was observed since the last time, by split. */
  add(all: readonly Observed[], now: number): void {
    const observed = all
      .map((one) => this.#withoutExcused(one))
      .map((each) => ({
        ...each,
        ofNew: this.#withKeys(each.ofNew),
        ofOld: this.#withKeys(each.ofOld),
      }));
    this.#failures.add(
      observed
        .filter(({ share }) => share > 0 && share < 1)
        .map(({ ofNew, ofOld, share }) => ({
          ofNew: ofNew.failures,
          ofOld: ofOld.failures,
          share,
        })),
    );
    for (const { ofNew, ofOld, isCurrent } of observed) {
      addArm(this.#ofNew, ofNew);
      addArm(this.#ofOld, ofOld);
      addArm(this.#step.ofNew, ofNew);
      addArm(this.#step.ofOld, ofOld);
      if (!isCurrent) continue;
      addArm(this.#window.ofNew, ofNew);
      addArm(this.#window.ofOld, ofOld);
    }
    this.#closeWindow(now);
  }

  /** Its share has grown: what follows is a step of its own. */
  nextStep(): void {
    this.#step = newStep();
  }

  /** Requests are shared in another way from now on: their latencies are not compared with earlier ones. */
  sharesChanged(now: number): void {
    this.#window = newWindow(now);
  }

  /** In which way the version is worse, if it is. */
  get worseBy(): 'failures' | 'latency' | undefined {
    const isMaterial =
      this.#ofNew.failures >= MIN_FAILURES &&
      failureRate(this.#ofNew) - failureRate(this.#ofOld) >= MIN_EXCESS;
    if (isMaterial && this.#failures.evidence >= IS_WORSE) return 'failures';
    return this.#latency.evidence >= IS_WORSE ? 'latency' : undefined;
  }

  get looksWorse(): boolean {
    return Math.max(this.#failures.evidence, this.#latency.evidence) >= LOOKS_WORSE;
  }

  /** Whether this step has shown that the version is no worse by much. */
  get isStepPassed(): boolean {
    const { ofNew, ofOld, latency } = this.#step;
    return (
      !this.looksWorse && excessBound(ofNew, ofOld) <= MAX_EXCESS && latency.upperBound <= MAX_LEAD
    );
  }

  get figures(): { readonly own: Figures; readonly old: Figures } {
    return { own: figuresOf(this.#ofNew), old: figuresOf(this.#ofOld) };
  }

  /** The share becomes that of the instances that are left. */
  #withoutExcused(observed: Observed): Observed {
    const { ofNew, share } = observed;
    const all = [...ofNew.instances];
    const out = all.filter(([key]) => this.excused.has(key)).map(([, counts]) => counts);
    if (out.length === 0) return observed;
    const instances = new Map(all.filter(([key]) => !this.excused.has(key)));
    const requests = out.reduce((left, each) => left - each.requests, ofNew.requests);
    const failures = out.reduce((left, each) => left - each.failures, ofNew.failures);
    const left = (share * requests) / ofNew.requests;
    return {
      ...observed,
      ofNew: { ...ofNew, requests, failures, instances },
      share: left / (left + 1 - share),
    };
  }

  /** Counts each key that failed once, whichever version it is at: one client forces no verdict. */
  #withKeys(arm: Arm): Arm {
    let { failures } = arm;
    for (const key of arm.failedKeys) {
      if (this.#failedKeys.has(key)) continue;
      if (this.#failedKeys.size >= MAX_FAILED_KEYS) this.#failedKeys.clear();
      this.#failedKeys.add(key);
      failures++;
    }
    return { ...arm, failures, failedKeys: [] };
  }

  #closeWindow(now: number): void {
    const { ofNew, ofOld, since } = this.#window;
    const fewer = Math.min(countOf(ofNew.latencies), countOf(ofOld.latencies));
    const isFull = fewer >= MIN_IN_WINDOW || (fewer > 0 && now - since >= MAX_WINDOW_MS);
    if (!isFull) return;
    this.#latency.add(ofNew.latencies, ofOld.latencies);
    this.#step.latency.add(ofNew.latencies, ofOld.latencies);
    this.#window = newWindow(now);
  }
}

function newWindow(since: number): { ofNew: Arm; ofOld: Arm; since: number } {
  return { ofNew: newArm(), ofOld: newArm(), since };
}

function newStep(): { ofNew: Arm; ofOld: Arm; latency: LatencyTest } {
  return { ofNew: newArm(), ofOld: newArm(), latency: new LatencyTest() };
}

function failureRate({ failures, requests }: Arm): number {
  return requests === 0 ? 0 : failures / requests;
}

/**
 * The upper end of how much more often one fails, at 95 %. One failure and one success are added to each, so that few
 * requests without any failure do not look certain (Agresti and Caffo).
 */
function excessBound(one: Arm, other: Arm): number {
  const [a, b] = [cautiousRate(one), cautiousRate(other)];
  return a.rate - b.rate + 1.645 * Math.sqrt(a.variance + b.variance);
}

function cautiousRate({ failures, requests }: Arm): { rate: number; variance: number } {
  const rate = (failures + 1) / (requests + 2);
  return { rate, variance: (rate * (1 - rate)) / (requests + 2) };
}

function figuresOf({ requests, failures, latencies }: Arm): Figures {
  const medianMs = latencyAt(latencies, 0.5);
  const p95Ms = latencyAt(latencies, 0.95);
  return {
    requests,
    failures,
    ...(medianMs !== undefined && { medianMs }),
    ...(p95Ms !== undefined && { p95Ms }),
  };
}
