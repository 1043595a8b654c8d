import type { Directory } from '@rollcall/client';
import { RollcallError } from '@rollcall/protocol';
import type { GatewayConfig } from './config/config.ts';
import { FileWatch, readCertificate } from '@rollcall/runtime';
import type { Logger } from '@rollcall/runtime';
import type { DataPlane, PlaneSettings } from './data-plane.ts';
import type { Telemetry } from './metrics/telemetry.ts';
import type { Certificate } from '@rollcall/proxy';
import { createPlane } from './workers/plane.ts';

/** How often the certificate is looked at. */
const LOOK_EVERY_MS = 2000;

export interface ServeOptions {
  readonly directory: Directory;
  readonly telemetry: Telemetry;
  readonly config: GatewayConfig;
  /** Who signs the certificates of instances that speak TLS, as PEM. Default: whom Node trusts. */
  readonly instanceCa: string | undefined;
  /** What the gateway is called in Via. */
  readonly name: string;
  readonly logger: Logger;
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
  const { directory, telemetry, config, instanceCa, name, logger } = options;
  const { tls, accessLog = {}, traces = false } = config;
  const fixed = {
    pseudonym: name,
    accessLog,
    traces,
    ...(instanceCa !== undefined && { instanceCa }),
  };
  let current = config;
  const files = tls && new FileWatch([tls.cert, tls.key]);
  let certificate = tls && readCertificate(tls);
  const settings = (): PlaneSettings => settingsOf(current, certificate, fixed);
  const plane = await createPlane({
    workers: config.workers ?? 1,
    settings: settings(),
    telemetry,
    directory,
    logger,
  });
  telemetry.serving(plane);
  directory.on('change', (change) => plane.changed(change));

  files?.start(renew, LOOK_EVERY_MS);
  function renew(): void {
    if (tls === undefined) return;
    try {
      certificate = readCertificate(tls);
      plane.configure(settings());
      logger.info({ file: tls.cert }, 'reloaded certificate');
    } catch (error) {
      if (!(error instanceof RollcallError)) throw error;
      // Perhaps only one of the two files has been replaced so far. The previous certificate stays in use.
      logger.error({ reason: error.message }, 'cannot reload certificate');
    }
  }
  return {
    listen: (port, host) => plane.listen(port, host),
    whenApplied: (call) => plane.whenApplied(call),
    configure(changed) {
      plane.configure(settingsOf(changed, certificate, fixed));
      current = changed;
    },
    close() {
      files?.stop();
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
