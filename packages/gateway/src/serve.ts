import type { Directory } from '@rollcall/client';
import { RollcallError } from '@rollcall/protocol';
import { FileWatch, readCertificate } from '@rollcall/runtime';
import type { DataPlane, PlaneSettings } from './data-plane.ts';
import type { Telemetry } from './metrics/telemetry.ts';
import type { Certificate } from '@rollcall/proxy';
import { servingSettings } from './settings/config.ts';
import type { ResolvedConfig } from './settings/config.ts';
import { createPlane } from './workers/plane.ts';

/** How often the certificate is looked at. */
const LOOK_EVERY_MS = 2000;

export interface ServeOptions {
  readonly directory: Directory;
  readonly telemetry: Telemetry;
  readonly config: ResolvedConfig;
  /** Who signs the certificates of instances that speak TLS, as PEM. Default: whom Node trusts. */
  readonly instanceCa: string | undefined;
  /** What the gateway is called in Via. */
  readonly name: string;
  readonly log: (line: string) => void;
}

/** What serves requests for a gateway. */
export interface Serving extends Pick<DataPlane, 'listen' | 'whenApplied' | 'close'> {
  /** @throws RollcallError ROLLCALL_CONFIG: then all is as before */
  configure(config: ResolvedConfig): void;
}

/**
 * A data plane that follows the table of a directory, and the files of its certificate.
 * @throws RollcallError ROLLCALL_CONFIG
 */
export async function serve(options: ServeOptions): Promise<Serving> {
  const { directory, telemetry, config, instanceCa, name, log } = options;
  const { tls, accessLog, traces } = config;
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
    workers: config.workers,
    settings: settings(),
    telemetry,
    directory,
    log,
  });
  telemetry.serving(plane);
  directory.on('change', (change) => plane.changed(change));

  files?.start(renew, LOOK_EVERY_MS);
  function renew(): void {
    if (tls === undefined) return;
    try {
      certificate = readCertificate(tls);
      plane.configure(settings());
      log(`the certificate of ${tls.cert} is another: shown to whoever connects from now on`);
    } catch (error) {
      if (!(error instanceof RollcallError)) throw error;
      // Perhaps one of the two is still to come.
      log(`${error.message}: the certificate stays as it was`);
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
  config: ResolvedConfig,
  certificate: Certificate | undefined,
  fixed: Omit<PlaneSettings, 'serving' | 'certificate'>,
): PlaneSettings {
  return {
    ...fixed,
    serving: servingSettings(config),
    // As text, since a worker is told of it as JSON.
    ...(certificate !== undefined && {
      certificate: { cert: String(certificate.cert), key: String(certificate.key) },
    }),
  };
}
