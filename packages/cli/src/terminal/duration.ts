/** A duration such as 12 s, 3 min, 5 h or 2 d, in the largest unit of which there are at least two. */
export function inWords(ms: number): string {
  const unit = UNITS.find(([, size]) => ms >= 2 * size) ?? LEAST;
  return `${Math.round(ms / unit[1])} ${unit[0]}`;
}

const LEAST = ['s', 1000] as const;
const UNITS = [['d', 86_400_000], ['h', 3_600_000], ['min', 60_000], LEAST] as const;
