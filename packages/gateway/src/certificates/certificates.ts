import { randomBytes, X509Certificate } from 'node:crypto';
import { dirname, join } from 'node:path';
import type { RegistryConfig } from '@rollcall/client';
import type { TlsSettings } from '@rollcall/proxy';
import { errorMessage, readTextFile } from '@rollcall/runtime';
import type { Certificate, Logger } from '@rollcall/runtime';
import type { ResolvedConfig } from '../settings/config.ts';
import { sharedAccountKey } from './account-key.ts';
import { keyPem, newKey } from './acme/certificates.ts';
import { AcmeClient } from './acme/client.ts';
import { orderCertificate } from './acme/order.ts';
import type { Challenge, OrderOptions } from './acme/order.ts';
import { Challenges } from './challenges.ts';
import { FileCertificates } from './file-certificates.ts';
import { ManagedCertificates } from './managed-certificates.ts';
import { certificateNames } from './names.ts';
import { readShareKey } from './share-key.ts';
import { openShare } from './sharing/share.ts';
import type { Share } from './sharing/share.ts';
import { NO_STORE, storeAt } from './store.ts';
import { viewsOf } from './views.ts';
import type { CertificateView } from './views.ts';

const TICK_MS = 1000;
/** Sessions of the day before are not resumed. */
const RENEW_TICKET_KEYS_MS = 86_400_000;

export interface CertificatesOptions {
  readonly config: ResolvedConfig;
  readonly registry: RegistryConfig;
  readonly logger: Logger;
}

/** What certificates are shown on. */
interface ServedBy {
  /** Serve by what `tls` and `challenges` return from now on. */
  readonly apply: () => void;
  /** Calls back when all processes do. */
  readonly whenApplied: (call: () => void) => void;
}

/** Every certificate of a gateway: in files, and ordered by itself. */
export interface Certificates {
  /** How it speaks TLS; undefined if it does not. */
  tls(): TlsSettings | undefined;
  /** Answers to HTTP-01 challenges, by token. */
  challenges(): ReadonlyMap<string, string>;
  views(): CertificateView[];
  /** How many orders have succeeded and failed. */
  orders(): { readonly ok: number; readonly failed: number };
  start(served: ServedBy): void;
  configure(config: ResolvedConfig): void;
  close(): void;
}

/** Whether a gateway speaks TLS to its clients. */
export function speaksTls({ tls }: Pick<ResolvedConfig, 'tls'>): boolean {
  return tls.cert !== undefined || tls.acme !== undefined || (tls.certificates ?? []).length > 0;
}

/**
 * Reads the certificates of a configuration, and the ordered ones that are kept on disk.
 * @throws RollcallError ROLLCALL_CONFIG
 */
export async function openCertificates(options: CertificatesOptions): Promise<Certificates> {
  const { config, logger } = options;
  const { tls } = config;
  const files = new FileCertificates(tls, logger);
  const challenges = new Challenges();
  const ending = new AbortController();
  let served: ServedBy | undefined;
  let ticketKeys = randomBytes(48);
  const answered = (): Promise<void> =>
    new Promise((resolve) => {
      if (served === undefined) return resolve();
      served.apply();
      served.whenApplied(resolve);
    });
  const managed =
    tls.acme &&
    new ManagedCertificates({
      ...(await acmeParts({ ...config, tls: { ...tls, acme: tls.acme } }, ending.signal)),
      types: tls.httpPort === undefined ? ['tls-alpn-01'] : ['http-01', 'tls-alpn-01'],
      answer(challenge) {
        challenges.add(challenge);
        return answered();
      },
      unanswer(name) {
        challenges.delete(name);
        served?.apply();
      },
      onChange: () => served?.apply(),
      logger,
      random: Math.random,
      now: Date.now,
    });
  await managed?.configure(namesToOrder(config, files));
  const timers: NodeJS.Timeout[] = [];
  let share: Share | undefined;

  return {
    tls() {
      if (!speaksTls(config)) return undefined;
      const ordered = managed?.all().flatMap(({ certificate }) => certificate ?? []) ?? [];
      return {
        certificate: files.certificate,
        certificates: [...files.certificates, ...ordered.map(({ cert, key }) => ({ cert, key }))],
        clientCa: files.clientCa,
        challenges: challenges.certificates(),
        ticketKeys,
      };
    },
    challenges: () => challenges.answers(),
    views: () => viewsOf(files.all(), managed?.all() ?? []),
    orders: () => managed?.orders ?? { ok: 0, failed: 0 },
    start(by) {
      served = by;
      files.start(by.apply);
      const renewTicketKeys = (): void => {
        ticketKeys = randomBytes(48);
        by.apply();
      };
      if (speaksTls(config))
        timers.push(setInterval(renewTicketKeys, RENEW_TICKET_KEYS_MS).unref());
      if (managed === undefined) return;
      share = shareOf(options, managed, (theirs) => {
        challenges.replaceTheirs(theirs);
        return answered();
      });
      if (share !== undefined) managed.shareBy(share);
      timers.push(setInterval(() => void managed.tick(), TICK_MS).unref());
    },
    configure(changed) {
      managed?.configure(namesToOrder(changed, files)).catch((error: unknown) => {
        logger.error({ reason: errorMessage(error) }, 'cannot read certificates on disk');
      });
    },
    close() {
      managed?.close();
      ending.abort();
      for (const timer of timers) clearInterval(timer);
      files.stop();
      share?.close();
    },
  };
}

type AcmeConfig = ResolvedConfig & {
  readonly tls: { readonly acme: NonNullable<ResolvedConfig['tls']['acme']> };
};

/** What orders need: where they are kept, and how they are made. */
async function acmeParts(
  { tls: { acme }, snapshot }: AcmeConfig,
  signal: AbortSignal,
): Promise<Pick<ConstructorParameters<typeof ManagedCertificates>[0], 'store' | 'order'>> {
  const { directory, directoryCa, email, eab, shareKeyFile } = acme;
  const folder =
    acme.folder ??
    (snapshot === undefined || snapshot === 'none'
      ? undefined
      : join(dirname(snapshot), 'certificates'));
  // What one server has issued says nothing about another, such as the one for trials.
  const store =
    folder === undefined
      ? NO_STORE
      : storeAt(join(folder, new URL(directory).host.replace(':', '_')));
  const accountKey =
    shareKeyFile === undefined
      ? await store.accountKey(async () => keyPem(newKey()))
      : sharedAccountKey(Buffer.from(readShareKey(shareKeyFile), 'base64'), directory);
  const options = {
    directory,
    email,
    accountKey,
    signal,
    directoryCa: directoryCa && readTextFile(directoryCa),
    eab: eab && { keyId: eab.keyId, hmacKey: readTextFile(eab.hmacKeyFile).trim() },
  };
  let client: AcmeClient | undefined;
  const order = async (wanted: OrderOptions): Promise<Certificate> => {
    try {
      client ??= new AcmeClient(options);
      return await orderCertificate(client, wanted);
    } catch (error) {
      // Its directory or its account may be out of date.
      client = undefined;
      throw error;
    }
  };
  return { store, order };
}

function shareOf(
  { config, registry, logger }: CertificatesOptions,
  managed: ManagedCertificates,
  onChallenges: (challenges: readonly Challenge[]) => Promise<void>,
): Share | undefined {
  const file = config.tls.acme?.shareKeyFile;
  if (file === undefined) return undefined;
  return openShare({
    registry,
    shareKey: readShareKey(file),
    logger,
    onCertificate: (name, certificate) => void managed.received(name, certificate),
    onChallenges,
    onFailed: (name, failures, until) => managed.failedElsewhere(name, failures, until),
  });
}

/** The names that no file has a certificate for. */
function namesToOrder(config: ResolvedConfig, files: FileCertificates): string[] {
  const given = files.all().map(({ certificate }) => new X509Certificate(certificate.cert));
  return certificateNames(config).filter(
    (name) => !given.some((certificate) => certificate.checkHost(name) !== undefined),
  );
}
