import type { InstanceView, ServiceView } from '@rollcall/gateway';
import { standingOf } from './standing.ts';
import type { Tone } from './standing.ts';

/** A prefix with its instances. */
export interface ServiceGroup {
  readonly prefix: string;
  readonly names: readonly string[];
  /** Those that are to be seen. */
  readonly instances: readonly InstanceView[];
  /** In one line, how all of it is. */
  readonly summary: string;
  readonly tone: Tone;
}

/** Each service with its own. One whose instances have all gone is one too, for requests to it still come. */
export function groupServices(
  services: readonly ServiceView[],
  instances: readonly InstanceView[],
): ServiceGroup[] {
  const byPrefix = new Map<string, InstanceView[]>(services.map(({ prefix }) => [prefix, []]));
  for (const instance of instances) byPrefix.get(instance.announcement.prefix)?.push(instance);
  return services.map((service) => ({
    prefix: service.prefix,
    names: service.names,
    instances: byPrefix.get(service.prefix) ?? [],
    ...judged(service),
  }));
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

function judged({
  instances: total,
  healthy,
  routable,
  isInDoubt,
}: ServiceView): Pick<ServiceGroup, 'summary' | 'tone'> {
  if (total === 0) return { summary: 'every instance has gone: requests get 503', tone: 'bad' };
  if (routable === 0)
    return { summary: `none of ${total} takes requests: they get 503`, tone: 'bad' };
  const some = routable === total ? `all ${total}` : `${routable} of ${total}`;
  const who = total === 1 ? 'its one instance' : some;
  const take = routable === 1 ? 'takes requests' : 'take requests';
  if (isInDoubt) return { summary: `${who} ${take}, in doubt`, tone: 'doubt' };
  const tone = routable === total ? 'good' : healthy === total ? 'held' : 'doubt';
  return { summary: `${who} ${take}`, tone };
}
