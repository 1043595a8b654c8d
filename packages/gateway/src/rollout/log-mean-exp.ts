/** Returns the logarithm of the mean of numbers that are given as logarithms, without overflow. */
export function logMeanExp(logs: readonly number[]): number {
  const highest = Math.max(...logs);
  const sum = logs.reduce((total, each) => total + Math.exp(each - highest), 0);
  return highest + Math.log(sum / logs.length);
}
