/** A number with its noun, such as 1 instance or 2 instances. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
