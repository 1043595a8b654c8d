import type { FilterFault } from './filter-kind.ts';

export const HIDE_CREDENTIALS = {
  type: 'boolean',
  default: true,
  doc: 'Whether what proved the consumer is removed from the request before an instance receives it.',
} as const;

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
