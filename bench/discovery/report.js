// How figures are summed up and printed.

/** @param {readonly number[]} values @param {number} share from 0 to 1 */
export function percentile(values, share) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}

/** @param {string} name @param {Record<string, string | number>} figures */
export function row(name, figures) {
  const parts = Object.entries(figures).map(([what, value]) => `${what} ${value}`);
  console.log(`  ${name.padEnd(34)} ${parts.join('   ')}`);
}
