import type { CertificateView } from '@rollcall/gateway';
import { formatSpan } from './time.ts';
import type { Tone } from './tone.ts';

/** How a certificate is doing. */
export interface CertificateDescription {
  readonly name: string;
  readonly tone: Tone;
  readonly text: string;
}

const DAY_MS = 86_400_000;
/** The gateway renews earlier. */
const SOON_MS = 14 * DAY_MS;

export function describeCertificate(view: CertificateView, now: number): CertificateDescription {
  const { names, source, expiresAt, failures, reason } = view;
  const name = names.join(', ');
  const left = (expiresAt ?? 0) - now;
  const validity =
    expiresAt === undefined
      ? 'none yet'
      : left > 0
        ? `expires in ${formatSpan(left)}`
        : `expired ${formatSpan(-left)} ago`;
  const origin = source === 'file' ? 'from a file' : nextOrder(view, now);
  const why = failures > 0 && reason !== undefined ? ` (${reason})` : '';
  const text = [validity, ...(origin === '' ? [] : [origin])].join(', ') + why;
  if (left <= 0 && (expiresAt !== undefined || failures > 0)) return { name, tone: 'bad', text };
  const isWarning = failures > 0 || left < SOON_MS;
  return { name, tone: isWarning ? 'warning' : 'good', text };
}

function nextOrder({ nextOrderAt = 0, failures, expiresAt }: CertificateView, now: number): string {
  const wait = nextOrderAt - now;
  if (wait <= 0) return 'being ordered';
  if (failures > 0) return `ordered again in ${formatSpan(wait)}`;
  return expiresAt === undefined ? '' : `renewed in ${formatSpan(wait)}`;
}
