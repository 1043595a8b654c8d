import { readTextFile } from '@rollcall/runtime';
import type { Resolved } from '@rollcall/runtime/settings';
import type { NOTIFY_SETTINGS } from '../settings/notify.ts';
import { NEWS_KINDS } from './news.ts';
import type { NewsKind } from './news.ts';
import { digest } from './rendezvous.ts';

/** The settings of notifications, with defaults. */
export type NotifySettings = Resolved<typeof NOTIFY_SETTINGS>['notify'];

/** Text that stands in a configuration, or in a file. */
interface Secrets {
  readonly url?: string;
  readonly urlFile?: string;
  readonly secret?: string;
  readonly secretFile?: string;
}

/** Where messages are sent. */
export interface Target {
  /** What all gateways call it. It does not show the URL. */
  readonly id: string;
  readonly kind: 'webhook' | 'slack';
  /** A secret. */
  readonly url: string;
  /** The part of the URL that may be logged. */
  readonly origin: string;
  readonly events: ReadonlySet<NewsKind>;
  readonly secret: string | undefined;
}

/**
 * Reads the targets of a configuration, and their files.
 * @throws RollcallError ROLLCALL_CONFIG
 */
export function targetsOf({ targets = [] }: NotifySettings): Target[] {
  return targets.map((settings) => {
    const url = urlOf(settings) ?? '';
    const { kind, events = NEWS_KINDS } = settings;
    const secret = secretOf(settings);
    const id = digest(JSON.stringify([url, secret]));
    const { origin } = new URL(url);
    return { id, kind, url, origin, events: new Set(events), secret };
  });
}

/** Returns the URL of a target, from its file if it has one. @throws RollcallError ROLLCALL_CONFIG */
export function urlOf({ url, urlFile }: Secrets): string | undefined {
  return urlFile === undefined ? url : readTextFile(urlFile).trim();
}

/** Returns the secret of a target, from its file if it has one. @throws RollcallError ROLLCALL_CONFIG */
export function secretOf({ secret, secretFile }: Secrets): string | undefined {
  return secretFile === undefined ? secret : readTextFile(secretFile).trim();
}
