/** Versions that share the requests of a service: each request is for one of the groups. */
export interface Split {
  /** Each split of a service has another. Evidence names it, because it is collected under the shares of its time. */
  readonly epoch: number;
  /** The first one holds the old versions, each other one a new version. */
  readonly groups: readonly VersionGroup[];
}

export interface VersionGroup {
  /** `''` stands for instances that announce no version. */
  readonly versions: readonly string[];
  /** The shares of all groups add up to 1. */
  readonly share: number;
}

/** An epoch that no rollout has: what is observed under it is not counted. */
export const NOT_COUNTED = 0;

/**
 * Returns a split by which a version receives nothing: its share is for the old versions. Undefined if it is the only one of
 * these: then the new ones receive everything.
 */
export function splitWithout({ epoch, groups }: Split, version: string): Split | undefined {
  const index = groups.findIndex(({ versions }) => versions.includes(version));
  const found = groups[index];
  if (found === undefined) return { epoch, groups };
  const left = { ...found, versions: found.versions.filter((each) => each !== version) };
  if (index === 0)
    return left.versions.length === 0 ? undefined : { epoch, groups: groups.with(0, left) };
  // Under other shares than those of the rollout, its comparison would be wrong.
  const isSame = found.share === 0;
  return { epoch: isSame ? epoch : NOT_COUNTED, groups: groups.with(index, { ...left, share: 0 }) };
}

/** A version that shares requests with others. */
export interface Contender {
  readonly version: string;
  /** The sum of the weights of its instances that receive traffic. */
  readonly weight: number;
  readonly isHeld: boolean;
  /** The most that it may receive, unless the others cannot bear the rest. */
  readonly maxShare: number;
}

/** The old instances receive at most this many times what they would if all instances were equal. */
const MAX_OVERLOAD = 2;

/** A smaller share is only an error of the arithmetic. */
const ROUNDING = 1e-9;

/**
 * Returns the share of each new version: its limit, and no more than its instances are due. The rest is for the old
 * versions, unless so few of their instances are left that it would overload them: what is too much goes to the new
 * versions, and to versions that are held back only if these cannot bear it either.
 *
 * @param oldWeight the sum of the weights of the old versions, more than 0
 */
export function sharesOf(oldWeight: number, contenders: readonly Contender[]): number[] {
  const total = contenders.reduce((sum, { weight }) => sum + weight, oldWeight);
  const shares = contenders.map(({ weight, maxShare }) => Math.min(maxShare, weight / total));
  let excess = 1 - sum(shares) - Math.min(1, (MAX_OVERLOAD * oldWeight) / total);
  for (const isHeld of [false, true]) {
    // What each could take more.
    const rooms = contenders.map((each, index) =>
      each.isHeld === isHeld ? each.weight / total - (shares[index] ?? 0) : 0,
    );
    const taken = Math.min(excess, sum(rooms));
    if (taken <= ROUNDING) continue;
    for (const [index, room] of rooms.entries())
      shares[index] = (shares[index] ?? 0) + (taken * room) / sum(rooms);
    excess -= taken;
  }
  return shares;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
