import type { CertificateView } from '@rollcall/gateway';
import { check } from './finding.ts';
import type { Finding } from './finding.ts';

const certificates = check('certificates');
const DAY_MS = 86_400_000;
/** The gateway renews earlier: a month before the end of the 90 days that are usual. */
const SOON_DAYS = 14;

/** A certificate, and whether the certificate authority can reach what proves its name. */
export interface CertificateEvidence {
  readonly view: CertificateView;
  /** Why a connection to the name's port 80 or 443 fails from this machine. */
  readonly unreachable?: string | undefined;
}

/** Whether each name of the gateway has a certificate that is valid for a while. */
export function judgeCertificates(all: readonly CertificateEvidence[], now: number): Finding[] {
  if (all.length === 0) return [];
  const faults = all.flatMap((each) => faultOf(each, now) ?? []);
  if (faults.length > 0) return faults;
  const first = Math.min(...all.map(({ view }) => view.expiresAt ?? Infinity));
  const count = all.length === 1 ? 'the certificate' : `the first of ${all.length} certificates`;
  return [certificates.ok(`${count} expires in ${days(first - now)}`)];
}

function faultOf({ view, unreachable }: CertificateEvidence, now: number): Finding | undefined {
  const { names, source, file, expiresAt, failures, reason = '' } = view;
  const who = names.join(', ');
  const left = expiresAt === undefined ? -1 : expiresAt - now;
  const advice = source === 'file' ? `renew ${file}` : adviceOn(unreachable);
  const failing =
    failures === 0
      ? ''
      : `; ${failures} ${failures === 1 ? 'order has' : 'orders have'} failed: ${reason}`;
  if (expiresAt === undefined) {
    const found = `${who} has no certificate yet${failing}`;
    return failures === 0
      ? certificates.warn(found, 'wait for the order')
      : certificates.fail(found, advice);
  }
  if (left <= 0) return certificates.fail(`that of ${who} has expired${failing}`, advice);
  if (left < SOON_DAYS * DAY_MS || failures > 0)
    return certificates.warn(`that of ${who} expires in ${days(left)}${failing}`, advice);
  return undefined;
}

function adviceOn(unreachable: string | undefined): string {
  return unreachable === undefined
    ? 'see the log of the gateway, and docs/guides/certificates.md'
    : `${unreachable}: the certificate authority has to reach the gateway there`;
}

function days(ms: number): string {
  const count = Math.floor(ms / DAY_MS);
  return count === 1 ? '1 day' : `${count} days`;
}
