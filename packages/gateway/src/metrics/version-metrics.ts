import type { Rollouts } from '../rollout/rollouts.ts';
import type { VersionView } from '../rollout/version-state.ts';
import type { Labels, MetricsRegistry } from './metrics-registry.ts';

/** Adds the metrics of versions, for services with a choice among several. */
export function addVersionMetrics(
  metrics: MetricsRegistry,
  rollouts: Pick<Rollouts, 'prefixes' | 'of'>,
): void {
  const read = (value: (view: VersionView) => number | undefined): [Labels, number][] =>
    [...rollouts.prefixes()].flatMap((prefix) =>
      rollouts.of(prefix).flatMap((view) => {
        const number = view.instances > 0 ? value(view) : undefined;
        const labels = { route: prefix || '/', version: view.version };
        return number === undefined ? [] : [[labels, number] as [Labels, number]];
      }),
    );
  metrics.gauge(
    { name: 'version_share', help: 'Share of the requests that a new version receives' },
    () => read(({ share }) => share),
  );
  metrics.gauge({ name: 'version_held', help: '1 while a version is held back' }, () =>
    read(({ state }) => (state === 'held' ? 1 : 0)),
  );
}
