import type { Directory } from '@rollcall/client';
import type { GatewayConfig } from './config/config.ts';
import type { DataPlane, PlaneSettings } from './data-plane.ts';
import type { Telemetry } from './metrics/telemetry.ts';
import { readCertificate, readPem, watchCertificate } from './proxy/certificate-files.ts';
import type { Certificate } from './proxy/tls-front.ts';
import { createPlane } from './workers/plane.ts';

export interface ServeOptions {
  readonly directory: Directory;
  readonly telemetry: Telemetry;
  readonly config: GatewayConfig;
  /** What the gateway is called in Via. */
  readonly name: string;
  readonly log: (line: string) => void;
}

/** What serves requests for a gateway. */
export interface Serving extends Pick<DataPlane, 'listen' | 'whenApplied' | 'close'> {
  /** @throws RollcallError ROLLCALL_CONFIG: then all is as before */
  configure(config: GatewayConfig): void;
}

/**
 * A data plane that follows the table of a directory, and the files of its certificate.
 * @throws RollcallError ROLLCALL_CONFIG
 */
export async function serve(options: ServeOptions): Promise<Serving> {
  const { directory, telemetry, config, name, log } = options;
  const { tls, instanceCa, accessLog = {}, traces = false } = config;
  const fixed = {
    pseudonym: name,
    accessLog,
    traces,
    ...(instanceCa !== undefined && { instanceCa: String(readPem(instanceCa)) }),
  };
  let current = config;
  let certificate = tls && readCertificate(tls);
  const settings = (): PlaneSettings => settingsOf(current, certificate, fixed);
  const plane = await createPlane({
    workers: config.workers ?? 1,
    settings: settings(),
    telemetry,
    directory,
    log,
  });
  telemetry.serving(plane);
  directory.on('change', (change) => plane.changed(change));

  const unwatch =
    tls &&
    watchCertificate(tls, {
      onChange: (renewed) => {
        certificate = renewed;
        plane.configure(settings());
        log(`the certificate of ${tls.cert} is another: shown to whoever connects from now on`);
      },
      onFault: ({ message }) => log(`${message}: the certificate stays as it was`),
    });
  return {
    listen: (port, host) => plane.listen(port, host),
    whenApplied: (call) => plane.whenApplied(call),
    configure(changed) {
      plane.configure(settingsOf(changed, certificate, fixed));
      current = changed;
    },
    close() {
      unwatch?.();
      return plane.close();
    },
  };
}

function settingsOf(
  { domain = 'localhost', trustedProxies = [], ...config }: GatewayConfig,
  certificate: Certificate | undefined,
  fixed: Pick<PlaneSettings, 'pseudonym' | 'instanceCa' | 'accessLog' | 'traces'>,
): PlaneSettings {
  const { balancing = {}, ejection = {}, retries = {}, limits = {}, routes = {} } = config;
  return {
    ...fixed,
    domain,
    trustedProxies,
    serving: { balancing, ejection, retries, limits, routes },
    // As text, since a worker is told of it as JSON.
    ...(certificate !== undefined && {
      certificate: { cert: String(certificate.cert), key: String(certificate.key) },
    }),
  };
}
