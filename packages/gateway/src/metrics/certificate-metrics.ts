import type { Certificates } from '../certificates/certificates.ts';
import type { CertificateView } from '../certificates/views.ts';
import type { Labels, MetricsRegistry } from './metrics-registry.ts';

/** What is measured of certificates. */
export type CertificateFacts = Pick<Certificates, 'views' | 'orders'>;

/** Adds the metrics of certificates: when they expire, and how orders go. */
export function addCertificateMetrics(
  metrics: MetricsRegistry,
  { views, orders }: CertificateFacts,
): void {
  metrics.gauge(
    {
      name: 'certificate_expiry_timestamp_seconds',
      help: 'When the certificate of a name expires, in seconds since 1970; 0 if it has none',
    },
    () => byName(views(), ({ expiresAt = 0 }) => expiresAt / 1000),
  );
  metrics.gauge(
    {
      name: 'certificate_order_failures',
      help: 'Orders in a row that have failed for a name; 0 after one that succeeds',
    },
    () =>
      byName(
        views().filter(({ source }) => source === 'acme'),
        ({ failures }) => failures,
      ),
  );
  metrics.counter({ name: 'certificate_orders_total', help: 'Orders of certificates' }, () => {
    const { ok, failed } = orders();
    return [
      [{ result: 'ok' }, ok],
      [{ result: 'failed' }, failed],
    ];
  });
}

/** The first certificate of a name is the one that is served. */
function byName(
  views: readonly CertificateView[],
  of: (view: CertificateView) => number,
): [Labels, number][] {
  const values = new Map<string, number>();
  for (const view of views)
    for (const name of view.names) if (!values.has(name)) values.set(name, of(view));
  return Array.from(values, ([name, value]) => [{ name }, value]);
}
