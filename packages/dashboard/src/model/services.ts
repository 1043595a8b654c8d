import type { InstanceView, ServiceView, VersionView } from '@rollcall/gateway';
import { describeState } from './instance-state.ts';
import type { Tone } from './tone.ts';

/** A prefix with its instances. */
export interface ServiceGroup {
  readonly prefix: string;
  readonly names: readonly string[];
  /** The instances that match the filter. */
  readonly instances: readonly InstanceView[];
  /** The health of the whole service in one line. */
  readonly summary: string;
  readonly tone: Tone;
  /** Whether its instances are known to be down, or gone. */
  readonly isDown: boolean;
  /** Its versions, if there is a choice among several. */
  readonly versions: readonly VersionView[];
}

/** Groups instances by service. A service without instances is kept, because requests to it may still come. */
export function groupServices(
  services: readonly ServiceView[],
  instances: readonly InstanceView[],
): ServiceGroup[] {
  const byPrefix = new Map<string, InstanceView[]>(services.map(({ prefix }) => [prefix, []]));
  for (const instance of instances) byPrefix.get(instance.announcement.prefix)?.push(instance);
  return services.map((service) => {
    const shown = byPrefix.get(service.prefix) ?? [];
    const areAllShown = shown.length === service.instances;
    return {
      prefix: service.prefix,
      names: service.names,
      instances: shown,
      ...summarizeService(service),
      versions: presentVersions(service),
      isDown: areAllShown && shown.every(({ status }) => status === 'down'),
    };
  });
}

/** The instances whose address, name, zone, state or other visible text contains the filter text. */
export function filterInstances(
  instances: readonly InstanceView[],
  text: string,
): readonly InstanceView[] {
  const sought = text.trim().toLowerCase();
  if (sought === '') return instances;
  return instances.filter((instance) => {
    const { address, port, name, version, zone, host, source, prefix } = instance.announcement;
    const { label } = describeState(instance);
    const words = [
      prefix,
      `${address}:${port}`,
      instance.key,
      name,
      version,
      zone,
      host,
      source,
      label,
    ];
    return words.join(' ').toLowerCase().includes(sought);
  });
}

/** The versions that have instances, if not all of them are accepted. */
function presentVersions({ versions = [] }: ServiceView): readonly VersionView[] {
  const present = versions.filter(({ instances }) => instances > 0);
  return present.every(({ state }) => state === 'accepted') ? [] : present;
}

function summarizeService({
  instances: total,
  healthy,
  routable,
  isSuspect,
}: ServiceView): Pick<ServiceGroup, 'summary' | 'tone'> {
  if (total === 0) return { summary: 'no instances: requests get 503', tone: 'bad' };
  const noun = total === 1 ? 'instance' : 'instances';
  const verb = routable === 1 ? 'receives' : 'receive';
  const summary = `${routable} of ${total} ${noun} ${verb} traffic`;
  if (routable === 0) return { summary: `${summary}: requests get 503`, tone: 'bad' };
  if (isSuspect) return { summary: `${summary}, all suspect`, tone: 'warning' };
  const tone = routable === total ? 'good' : healthy === total ? 'paused' : 'warning';
  return { summary, tone };
}
