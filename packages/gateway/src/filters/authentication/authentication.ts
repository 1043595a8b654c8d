import type { FilterProblem, FilterRequest } from '@rollcall/proxy';
import type { FilterFault } from '../filter-kind.ts';
import { CONSUMER_NAME } from './consumer-formats.ts';
import { forbidden } from './refusals.ts';

/** Which consumers may call a route. */
export const ALLOWED_CONSUMERS = {
  type: 'list',
  format: CONSUMER_NAME as typeof CONSUMER_NAME,
  defaultIs: 'all',
  doc: 'Consumers that may call.',
} as const;

export const HIDE_CREDENTIALS = {
  type: 'boolean',
  default: true,
  doc: 'Whether what proved the consumer is removed from the request before an instance receives it.',
} as const;

const hidden = new WeakMap<FilterRequest, Map<string, string>>();

/** Removes a field that proved the consumer, so that no instance receives it. */
export function hideCredential(request: FilterRequest, name: string): void {
  const value = request.fields.get(name);
  if (value !== undefined) {
    const fields = hidden.get(request) ?? new Map<string, string>();
    hidden.set(request, fields.set(name.toLowerCase(), value));
  }
  request.fields.delete(name);
}

/** Returns a field of a request, also one that is hidden from instances. */
export function fieldOrCredential(request: FilterRequest, name: string): string | undefined {
  return request.fields.get(name) ?? hidden.get(request)?.get(name.toLowerCase());
}

/**
 * Returns a function that refuses consumers which a route does not list.
 * @param names default: all may call
 */
export function consumerCheck(
  names: readonly string[] | undefined,
): (name: string) => FilterProblem | undefined {
  if (names === undefined) return () => undefined;
  const allowed = new Set(names);
  return (name) =>
    allowed.has(name) ? undefined : forbidden(`The consumer ${name} may not call this route.`);
}

/** Returns a fault for each name in a list of consumers that the configuration does not have. */
export function unknownConsumers(
  names: readonly string[] = [],
  isConsumer: (name: string) => boolean,
): FilterFault[] {
  return names.flatMap((name, index) =>
    isConsumer(name)
      ? []
      : [{ key: `consumers.${index}`, problem: `is "${name}", which is not in \`consumers\`` }],
  );
}
