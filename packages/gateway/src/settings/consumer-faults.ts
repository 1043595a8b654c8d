import type { ConsumersConfig } from './consumers.ts';

interface ConsumerFault {
  readonly path: readonly string[];
  readonly problem: string;
}

/** Returns which proofs two consumers have: a request with one would be of either. */
export function consumerFaults(consumers: ConsumersConfig): ConsumerFault[] {
  return (['apiKeys', 'certificates'] as const).flatMap((kind) => {
    const owners = new Map<string, string>();
    return Object.entries(consumers).flatMap(([name, { [kind]: proofs = [] }]) =>
      proofs.flatMap((proof, index) => {
        const owner = owners.get(proof) ?? name;
        owners.set(proof, owner);
        if (owner === name) return [];
        const path = ['consumers', name, kind, String(index)];
        return [{ path, problem: `is one of the consumer ${owner}, too` }];
      }),
    );
  });
}
