import { Comparison } from './comparison.ts';
import type { Observed } from './comparison.ts';
import { culpritOf } from './culprit.ts';
import type { InstanceCounts } from './culprit.ts';
import { newArm } from './evidence.ts';
import type { Evidence } from './evidence.ts';
import { sharesOf } from './split.ts';
import type { Split, VersionGroup } from './split.ts';
import type { SavedVersion, VersionChange, VersionState, VersionView } from './version-state.ts';
import { excusedInWords, failuresInWords, latencyInWords, nameOf, percent } from './words.ts';
import type { ComparedFigures } from './words.ts';

/** How a new version earns its share. */
export interface RolloutRules {
  /** How long each share lasts at least; ten times as long at most, if there are too few requests to compare. */
  readonly stepMs: number;
  /** The version that receives copies of requests only: while it does, it is not compared. */
  readonly mirrored?: string | undefined;
}

/** A version that instances announce at this moment. */
export interface PresentVersion {
  /** `''` stands for instances that announce none. */
  readonly version: string;
  readonly instances: number;
  /** The sum of the weights of the instances that receive traffic. */
  readonly weight: number;
  /** When the first of them started, in any unit. */
  readonly startedAt: number;
}

/**
 * The most that a new version receives, step by step. Behind the last one it is accepted, but never by time alone: at
 * that step nothing limits it any more.
 */
const STEPS: readonly number[] = [0.05, 0.1, 0.25, 0.5, 1];
const MAX_STEPS_LONG = 10;
/** A version that is left alone for so many steps is accepted. */
const ALONE_STEPS = 2;
/** A gateway that starts learns of the versions one after the other: which are old is decided after this part of a step. */
const SETTLING_STEPS = 1 / 3;

/** Enough for a rollback far back. */
const MAX_VERSIONS = 50;
/** Of the latest splits, requests may still end. */
const MAX_SPLITS = 20;

interface Known {
  readonly version: string;
  /** Undefined until it is known which versions are old. */
  state: VersionState | undefined;
  why: string;
  step: number;
  stepSince: number;
  /** Undefined until it is compared: of thousands of services, most have one version only. */
  comparison: Comparison | undefined;
  /** What of it is there. */
  instances: number;
  weight: number;
  startedAt: number;
}

/**
 * The versions of one service: which are old, which are new, which are held back, and how they share the requests.
 * A version that appears beside another is new: its share grows while it does as well as the old ones. If it is worse, it
 * is held back until a person decides otherwise. Reads no clock and does no I/O.
 */
export class Rollout {
  /** In the order in which they were first seen. */
  readonly #known = new Map<string, Known>();
  readonly #splits = new Map<number, Split>();
  readonly #settlesAt: number;
  #rules: RolloutRules;
  #split: Split | undefined;
  #lastEpoch = 0;
  #aloneSince: number | undefined;

  /** @param saved what an earlier run has decided */
  constructor(rules: RolloutRules, saved: readonly SavedVersion[], now: number) {
    this.#rules = rules;
    this.#settlesAt = now + rules.stepMs * SETTLING_STEPS;
    for (const { version, state, why } of saved) {
      const known = this.#add(version, now);
      known.state = state;
      known.why = why;
    }
  }

  /** How the versions share the requests; undefined if that needs no rule. */
  get split(): Split | undefined {
    return this.#split;
  }

  /** Whether time or evidence may change something. */
  get isActive(): boolean {
    const present = this.#present();
    return present.length > 1 || present.some(({ state }) => state !== 'accepted');
  }

  configure(rules: RolloutRules): void {
    const changed = [this.#rules.mirrored, rules.mirrored];
    this.#rules = rules;
    if (changed[0] === changed[1]) return;
    for (const known of this.#known.values())
      if (known.state === 'testing' && changed.includes(known.version)) known.state = undefined;
  }

  /** Takes in which versions there are. */
  update(present: readonly PresentVersion[], now: number): VersionChange[] {
    const before = new Set(this.#present().map(({ version }) => version));
    for (const known of this.#known.values()) Object.assign(known, { instances: 0, weight: 0 });
    for (const { version, ...there } of present) {
      const known = this.#known.get(version) ?? this.#add(version, now);
      Object.assign(known, there);
      if (!before.has(version)) known.stepSince = now;
    }
    return this.#settle(now);
  }

  /** Takes in what was observed since the last time, and decides. */
  tick(evidence: readonly Omit<Evidence, 'service'>[], now: number): VersionChange[] {
    const changes = this.#settle(now);
    for (const known of this.#contenders()) {
      const { comparison } = known;
      if (known.state !== 'testing' || !comparison || this.#isMirrored(known)) continue;
      comparison.add(this.#observed(known.version, evidence), now);
      const change = this.#judge(known, comparison, now);
      if (change !== undefined) changes.push(change);
    }
    this.#share(now);
    return changes;
  }

  /** A person decides about a version. Returns undefined if there is none of this name. */
  decide(version: string, state: VersionState, now: number): VersionChange | undefined {
    const known = this.#known.get(version);
    if (known === undefined) return undefined;
    const change = this.#enter(known, state, 'an operator has decided so', now);
    this.#share(now);
    return change;
  }

  views(): VersionView[] {
    return [...this.#known.values()].map((known) => {
      const { version, state = 'accepted', why, instances, comparison } = known;
      const share = this.#split?.groups.find(
        (each, index) => index > 0 && each.versions.includes(version),
      )?.share;
      const compared = comparison?.figures;
      return {
        version,
        state,
        why,
        instances,
        ...(share !== undefined && { share }),
        ...(compared !== undefined && compared.own.requests > 0 && { compared }),
      };
    });
  }

  /** What was decided. A version that is being compared is compared anew. */
  export(): SavedVersion[] {
    return [...this.#known.values()].flatMap(({ version, state, why }) =>
      state === undefined || state === 'testing' ? [] : [{ version, state, why }],
    );
  }

  #present(): Known[] {
    return [...this.#known.values()].filter(({ instances }) => instances > 0);
  }

  #isMirrored({ version }: Known): boolean {
    return version === this.#rules.mirrored;
  }

  #notHeld(): Known[] {
    return this.#present().filter(({ state }) => state !== 'held');
  }

  #add(version: string, now: number): Known {
    this.#forgetOldest();
    const known: Known = {
      version,
      state: undefined,
      why: '',
      step: 0,
      stepSince: now,
      comparison: undefined,
      instances: 0,
      weight: 0,
      startedAt: 0,
    };
    this.#known.set(version, known);
    return known;
  }

  #forgetOldest(): void {
    if (this.#known.size < MAX_VERSIONS) return;
    const gone = [...this.#known.values()].find(({ instances }) => instances === 0);
    if (gone !== undefined) this.#known.delete(gone.version);
  }

  /** Decides which versions are old and which are new, and how they share requests. */
  #settle(now: number): VersionChange[] {
    const changes: VersionChange[] = [];
    if (now >= this.#settlesAt) {
      this.#acceptFirst(now);
      for (const known of this.#present())
        if (known.state === undefined) changes.push(this.#begin(known, now));
      const alone = this.#acceptAlone(now);
      if (alone !== undefined) changes.push(alone);
    }
    this.#share(now);
    return changes;
  }

  /** If nothing was decided yet, the version that started first is the old one. */
  #acceptFirst(now: number): void {
    const all = [...this.#known.values()];
    if (all.some(({ state }) => state !== undefined)) return;
    const [first] = this.#present().toSorted((a, b) => a.startedAt - b.startedAt);
    if (first !== undefined) this.#enter(first, 'accepted', 'it was there first', now);
  }

  #begin(known: Known, now: number): VersionChange {
    const others = this.#notHeld().filter(({ version }) => version !== known.version);
    const against = others.map(({ version }) => nameOf(version)).join(' and ');
    const why = this.#isMirrored(known)
      ? 'it receives copies of requests only, and is compared when mirroring ends'
      : others.length === 0
        ? 'there is no version to compare it with'
        : `it is compared with ${against}, and receives at most ${percent(STEPS[0] ?? 1)} of the requests`;
    return this.#enter(known, 'testing', why, now);
  }

  /** When the old versions are gone for good, there is nothing to compare with: a version that is held is no measure. */
  #acceptAlone(now: number): VersionChange | undefined {
    const [only, another] = this.#notHeld();
    if (only?.state !== 'testing' || another !== undefined) {
      this.#aloneSince = undefined;
      return undefined;
    }
    this.#aloneSince ??= now;
    if (now - this.#aloneSince < ALONE_STEPS * this.#rules.stepMs) return undefined;
    return this.#enter(only, 'accepted', 'no version is left to compare it with', now);
  }

  #enter(known: Known, state: VersionState, why: string, now: number): VersionChange {
    known.state = state;
    known.why = why;
    if (state === 'testing') {
      known.comparison = new Comparison();
      known.step = 0;
      known.stepSince = now;
    }
    return { version: known.version, type: state, why };
  }

  #judge(known: Known, comparison: Comparison, now: number): VersionChange | undefined {
    const { stepMs } = this.#rules;
    const compared = this.#compared(comparison);
    const { worseBy } = comparison;
    if (worseBy === 'failures' && comparison.excused.size < Math.floor(known.instances / 2)) {
      const culprit = culpritOf(comparison.instances);
      if (culprit === 'unclear') return undefined;
      if (culprit !== 'version') {
        known.comparison = comparison.without(culprit.key, now);
        return this.#excused(known, culprit, now);
      }
    }
    if (worseBy !== undefined) {
      const words = worseBy === 'failures' ? failuresInWords : latencyInWords;
      return this.#enter(known, 'held', words(compared), now);
    }
    const elapsed = now - known.stepSince;
    const isPassed = elapsed >= stepMs && comparison.isStepPassed;
    const isLast = known.step === STEPS.length - 1;
    const isOver = !isLast && elapsed >= stepMs * MAX_STEPS_LONG && !comparison.looksWorse;
    if (!isPassed && !isOver) return undefined;
    const because = failuresInWords(compared);
    known.step++;
    known.stepSince = now;
    comparison.nextStep();
    const maxShare = STEPS[known.step];
    if (maxShare === undefined) return this.#enter(known, 'accepted', because, now);
    known.why = `at most ${percent(maxShare)} of the requests, because ${because}`;
    return { version: known.version, type: 'grown', why: known.why };
  }

  /** The version is compared anew, without an instance whose failures are its own. */
  #excused(known: Known, culprit: InstanceCounts, now: number): VersionChange {
    known.stepSince = now;
    known.why = excusedInWords(culprit);
    return { version: known.version, type: 'testing', why: known.why };
  }

  #compared({ figures }: Comparison): ComparedFigures {
    return { ...figures, against: this.#split?.groups[0]?.versions ?? [] };
  }

  /** Returns what the evidence shows of a new version and of the old ones. */
  #observed(version: string, evidence: readonly Omit<Evidence, 'service'>[]): Observed[] {
    return evidence.flatMap(({ epoch, arms }) => {
      const groups = this.#splits.get(epoch)?.groups ?? [];
      const index = groups.findIndex(({ versions }) => versions.includes(version));
      const [old, own] = [groups[0], groups[index]];
      if (index < 1 || old === undefined || own === undefined) return [];
      return {
        ofNew: arms[index] ?? newArm(),
        ofOld: arms[0] ?? newArm(),
        share: own.share / (own.share + old.share),
        isCurrent: epoch === this.#split?.epoch,
      };
    });
  }

  /** The versions whose share is ruled: those with instances that receive traffic, except the old ones. */
  #contenders(): Known[] {
    const old = new Set(this.#old());
    return this.#present().filter((known) => known.weight > 0 && !old.has(known));
  }

  /**
   * The versions that the others are compared with. If all accepted ones are gone, the new one that was there first; one
   * that is held only if there is no other.
   */
  #old(): Known[] {
    const there = this.#present().filter(({ weight }) => weight > 0);
    const accepted = there.filter(({ state = 'accepted' }) => state === 'accepted');
    if (accepted.length > 0) return accepted;
    const first = there.find(({ state }) => state === 'testing') ?? there[0];
    return first === undefined ? [] : [first];
  }

  #share(now: number): void {
    const groups = this.#groups();
    if (isSame(groups, this.#split?.groups)) return;
    this.#split = groups && { epoch: ++this.#lastEpoch, groups };
    for (const { comparison } of this.#known.values()) comparison?.sharesChanged(now);
    if (this.#split === undefined) return;
    this.#splits.set(this.#split.epoch, this.#split);
    this.#splits.delete(this.#lastEpoch - MAX_SPLITS);
  }

  #groups(): VersionGroup[] | undefined {
    const contenders = this.#contenders();
    if (contenders.length === 0) return undefined;
    const old = this.#old();
    const shares = sharesOf(
      old.reduce((sum, { weight }) => sum + weight, 0),
      contenders.map((known) => {
        const { version, weight, state, step } = known;
        const isHeld = state === 'held' || this.#isMirrored(known);
        return { version, weight, isHeld, maxShare: isHeld ? 0 : (STEPS[step] ?? 1) };
      }),
    );
    const rest = shares.reduce((left, share) => left - share, 1);
    return [
      { versions: old.map(({ version }) => version), share: rest },
      ...contenders.map(({ version }, index) => ({
        versions: [version],
        share: shares[index] ?? 0,
      })),
    ];
  }
}

function isSame(
  some: readonly VersionGroup[] | undefined,
  others: readonly VersionGroup[] | undefined,
): boolean {
  return JSON.stringify(some) === JSON.stringify(others);
}
