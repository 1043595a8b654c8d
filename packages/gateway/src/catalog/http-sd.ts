import { urlHost } from '@rollcall/protocol';
import type { CatalogInstance, CatalogService } from './catalog.ts';

/** The format of `http_sd_configs` of Prometheus. */
export interface TargetGroup {
  readonly targets: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * Returns every instance, even if it is down, because Prometheus' metric `up` should show that it cannot be
 * scraped. Relabelling can filter by `__meta_rollcall_health`.
 */
export function targetGroups(services: readonly CatalogService[]): TargetGroup[] {
  return services.flatMap((service) =>
    service.instances.map((instance) => ({
      targets: [`${urlHost(instance.announcement.address)}:${instance.announcement.port}`],
      labels: labelsOf(service, instance),
    })),
  );
}

function labelsOf(
  { name, prefix }: CatalogService,
  { id, announcement, health, state }: CatalogInstance,
): Record<string, string> {
  const { version, host, zone, weight = 1, scheme = 'http', meta = {} } = announcement;
  const known = { service: name, prefix, id, health, state, version, host, zone, scheme };
  const labels: Record<string, string> = {
    __scheme__: scheme,
    __meta_rollcall_weight: String(weight),
  };
  for (const [label, value] of Object.entries(known))
    if (value !== undefined) labels[`__meta_rollcall_${label}`] = value;
  // A key that needs replacement characters does not overwrite one that is spelled so.
  for (const [key, value] of Object.entries(meta).toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const label = `__meta_rollcall_meta_${key.replace(/[^A-Za-z0-9_]/g, '_')}`;
    if (label.endsWith(`_meta_${key}`) || !(label in labels)) labels[label] = value;
  }
  return labels;
}
