import { createHash } from 'node:crypto';

/** Orders gateways by whose turn a task is. All gateways that know the same others come to the same order. */
export function turnsOf(task: string, gateways: readonly string[]): string[] {
  const weighed = gateways.map((name) => ({ name, weight: digest(`${task} ${name}`) }));
  return weighed.toSorted((a, b) => (a.weight < b.weight ? 1 : -1)).map(({ name }) => name);
}

/** A short name for a text, which does not show it. */
export function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 16);
}
