import type { Announcement, Instance } from '@rollcall/client';
import { describeEvent, isDraining, urlHost } from '@rollcall/protocol';
import type { ObserverEvent, VersionEvent } from '@rollcall/protocol';

/** The kinds of events that operators are notified of. */
export const NEWS_KINDS = [
  'down',
  'suspect',
  'recovered',
  'ejected',
  'doubt',
  'conflict',
  'version',
  'certificate',
] as const;

export type NewsKind = (typeof NEWS_KINDS)[number];

/** Something that operators should know. */
export interface NewsItem {
  readonly kind: NewsKind;
  /** What it is about, by a name that every gateway gives it. */
  readonly subject: string;
  /** What is so of the subject from now on. The same again is no news. */
  readonly state: string;
  /** It is news only after one of these states of the subject. */
  readonly after?: readonly string[];
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly prefix?: string;
  readonly instance?: Pick<Instance, 'key' | 'announcement'>;
  /** A sentence for people, without its full stop. */
  readonly text: string;
}

/** What an event is to operators. */
export interface NewsOf {
  readonly item?: NewsItem;
  /** The subject is gone: what was known of it says nothing about another one of its name. */
  readonly over?: string;
}

/** Decides which events of an observer are news. */
export class News {
  /** Instances that were healthy here. One that never was, such as one of a snapshot, is no news if it is down. */
  readonly #healthy = new Set<string>();

  /** @param at milliseconds since 1970 */
  of(event: ObserverEvent, at: number): NewsOf {
    switch (event.type) {
      case 'registered':
      case 'updated':
        if (event.instance.status === 'healthy') this.#healthy.add(event.instance.key);
        return {};
      case 'left':
      case 'forgotten':
        this.#healthy.delete(event.instance.key);
        return { over: subjectOf(event.instance) };
      case 'suspected':
        if (!this.#isMissed(event.instance)) return {};
        return { item: itemOf(event, at, 'suspect', `is suspect: ${event.why}`) };
      case 'down':
        if (!this.#isMissed(event.instance)) return {};
        return { item: itemOf(event, at, 'down', `is down: ${event.why}`) };
      case 'recovered': {
        this.#healthy.add(event.instance.key);
        const item = itemOf(event, at, 'recovered', `is healthy again: ${event.why}`);
        return { item: { after: ['down', 'suspect'], ...item } };
      }
      case 'ejected':
        return { item: ejection(itemOf(event, at, 'ejected', `is ejected: ${event.why}`)) };
      case 'returned': {
        const item = itemOf(event, at, 'recovered', `receives requests again: ${event.why}`);
        return { item: { after: ['ejected'], ...ejection(item) } };
      }
      case 'mass-suspicion':
        return { item: doubt(event, at) };
      case 'conflict':
        return { item: conflict(event, at) };
      case 'version-testing':
      case 'version-accepted':
      case 'version-held':
        return { item: versionItem(event, at) };
      default:
        return {};
    }
  }

  /** Whether an instance was healthy, and does not leave: what leaves may end as it likes. */
  #isMissed(instance: Instance): boolean {
    return this.#healthy.has(instance.key) && !isDraining(instance);
  }
}

function itemOf(
  { instance }: { readonly instance: Instance },
  at: number,
  kind: NewsKind,
  what: string,
): NewsItem {
  const { key, announcement } = instance;
  return {
    kind,
    subject: subjectOf(instance),
    state: kind,
    at,
    prefix: announcement.prefix,
    instance: { key, announcement },
    text: `${nameOf(announcement)} ${what}`,
  };
}

/** An ejection is another matter than whether the instance is down. */
function ejection(item: NewsItem): NewsItem {
  return { ...item, subject: `ejection of ${item.subject}` };
}

function doubt(event: Extract<ObserverEvent, { type: 'mass-suspicion' }>, at: number): NewsItem {
  const { prefix } = event;
  const { reason: text } = describeEvent(event);
  return { kind: 'doubt', subject: `doubt about ${prefix}`, state: 'doubt', at, prefix, text };
}

function conflict(event: Extract<ObserverEvent, { type: 'conflict' }>, at: number): NewsItem {
  const { key, announcement } = event.instance;
  const { reason } = describeEvent(event);
  const item = itemOf(event, at, 'conflict', `shares its id: ${reason}`);
  return { ...item, subject: `conflict of ${key} in ${announcement.prefix}` };
}

function versionItem(event: VersionEvent, at: number): NewsItem {
  const { type: state, prefix, version } = event;
  const { reason: text } = describeEvent(event);
  return { kind: 'version', subject: `version ${version} of ${prefix}`, state, at, prefix, text };
}

/** One run of an instance, as every gateway knows it. */
function subjectOf({ key, announcement }: Pick<Instance, 'key' | 'announcement'>): string {
  return `${key} ${announcement.inc ?? ''}`;
}

/** Such as `10.0.0.7:3000 (orders 1.4.2)`. */
function nameOf({ address, port, name, version }: Announcement): string {
  const software = [name, version].filter((word) => word !== undefined).join(' ');
  return `${urlHost(address)}:${port}${software === '' ? '' : ` (${software})`}`;
}
