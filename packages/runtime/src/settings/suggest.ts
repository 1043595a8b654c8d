/** The name that was probably meant: the nearest one by slips of the hand, if any is near. */
export function suggest(written: string, names: readonly string[]): string | undefined {
  const far = Math.max(1, Math.floor(written.length / 3));
  let best: string | undefined;
  let least = far + 1;
  for (const name of names) {
    const distance = slips(written.toLowerCase(), name.toLowerCase());
    if (distance < least) [best, least] = [name, distance];
  }
  return best;
}

/**
 * How many characters were left out, added, mistaken or swapped with the next: the distance of Damerau and
 * Levenshtein, in the form in which no part is edited twice.
 */
function slips(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_each, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const isSame = a[row - 1] === b[column - 1];
      const isSwap = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      current[column] = Math.min(
        at(last, column) + 1,
        at(current, column - 1) + 1,
        at(last, column - 1) + (isSame ? 0 : 1),
        isSwap ? at(before, column - 2) + 1 : Infinity,
      );
    }
    [before, last] = [last, current];
  }
  return at(last, b.length);
}

function at(numbers: readonly number[], index: number): number {
  return numbers[index] ?? Infinity;
}
