import type { InstanceView, ServiceView } from '@rollcall/gateway';
import { standingOf } from './standing.ts';
import type { Tone } from './standing.ts';

/** A prefix with its instances. */
export interface ServiceGroup {
  readonly prefix: string;
  readonly names: readonly string[];
  readonly instances: readonly InstanceView[];
  readonly routable: number;
  /** In one line, how it is. */
  readonly summary: string;
  readonly tone: Tone;
}

/** The services by prefix. One whose instances have all gone stays, for requests to it still come. */
export function groupServices(
  services: readonly ServiceView[],
  instances: readonly InstanceView[],
): ServiceGroup[] {
  const byPrefix = new Map<string, InstanceView[]>(services.map(({ prefix }) => [prefix, []]));
  for (const instance of instances) {
    const { prefix } = instance.announcement;
    byPrefix.set(prefix, [...(byPrefix.get(prefix) ?? []), instance]);
  }
  return [...byPrefix]
    .map(([prefix, members]) => group(prefix, members))
    .toSorted((a, b) => (a.prefix < b.prefix ? -1 : 1));
}

/** Those of which a text is found in what people know them by. All, if there is no text. */
export function matching(
  instances: readonly InstanceView[],
  text: string,
): readonly InstanceView[] {
  const sought = text.trim().toLowerCase();
  if (sought === '') return instances;
  return instances.filter((instance) => {
    const { address, port, name, version, zone, host, prefix } = instance.announcement;
    const { word } = standingOf(instance);
    const words = [prefix, `${address}:${port}`, instance.key, name, version, zone, host, word];
    return words.join(' ').toLowerCase().includes(sought);
  });
}

function group(prefix: string, instances: readonly InstanceView[]): ServiceGroup {
  const routable = instances.filter(({ isRoutable }) => isRoutable).length;
  const names = [...new Set(instances.map(({ announcement }) => announcement.name ?? ''))];
  return {
    prefix,
    names: names.filter((name) => name !== ''),
    instances,
    routable,
    ...judged(instances, routable),
  };
}

function judged(
  instances: readonly InstanceView[],
  routable: number,
): Pick<ServiceGroup, 'summary' | 'tone'> {
  const total = instances.length;
  if (total === 0) return { summary: 'every instance has gone: requests get 503', tone: 'bad' };
  if (routable === 0)
    return { summary: `none of ${total} takes requests: they get 503`, tone: 'bad' };
  const inDoubt = instances.every(({ status, isRoutable }) => !isRoutable || status === 'suspect');
  const some = routable === total ? `all ${total}` : `${routable} of ${total}`;
  if (inDoubt) return { summary: `${some} take requests, each in doubt`, tone: 'doubt' };
  const takes = routable === 1 ? 'takes' : 'take';
  const who = total === 1 ? 'its one instance' : some;
  const isWell = instances.every(({ status }) => status === 'up');
  const tone = routable === total ? 'good' : isWell ? 'held' : 'doubt';
  return { summary: `${who} ${takes} requests`, tone };
}
