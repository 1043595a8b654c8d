import type { CertificateView } from '../certificates/views.ts';
import type { NewsItem } from './news.ts';

const DAY_MS = 86_400_000;
/** Days that are left. An ordered certificate is renewed long before, unless orders fail. */
const STAGES = [14, 3, 0];

/** Returns the certificates that expire soon, at each stage. @param at milliseconds since 1970 */
export function certificateNews(views: readonly CertificateView[], at: number): NewsItem[] {
  return views.flatMap(({ names, expiresAt, source, failures, reason }) => {
    const [name = 'without a name'] = names;
    if (expiresAt === undefined || (source === 'acme' && failures === 0)) return [];
    const days = (expiresAt - at) / DAY_MS;
    const stage = STAGES.findLast((each) => days <= each);
    if (stage === undefined) return [];
    const date = new Date(expiresAt).toISOString();
    const left = days <= 0 ? 'has expired' : `expires in ${inDays(days)}`;
    const cause = reason === undefined ? '' : `: it cannot be renewed (${reason})`;
    return [
      {
        kind: 'certificate' as const,
        subject: `certificate ${name} of ${date}`,
        state: `at most ${stage} days`,
        at,
        text: `the certificate of ${names.join(', ')} ${left}, at ${date}${cause}`,
      },
    ];
  });
}

function inDays(days: number): string {
  if (days < 1) return 'less than a day';
  return `${Math.floor(days)} day${days < 2 ? '' : 's'}`;
}
