import type { Values } from '@rollcall/runtime/settings';
import { hasIdentity, IDENTITY_NEEDED, needsIdentity, speaksTls } from './upstream-tls.ts';
import type { SERVICES_SETTINGS } from './services.ts';

type Services = NonNullable<Values<typeof SERVICES_SETTINGS>['services']>;
type Instance = Services[string]['instances'][number];

interface ServiceFault {
  readonly path: readonly string[];
  readonly problem: string;
}

/** Returns what is wrong with configured instances, beyond what the table of settings can say. */
export function serviceFaults(services: Services): ServiceFault[] {
  return Object.entries(services).flatMap(([prefix, { instances }]) => {
    const urls = new Set<string>();
    return instances.flatMap((instance, index) => {
      const isRepeated = urls.has(instance.url);
      urls.add(instance.url);
      const problem = isRepeated
        ? { key: 'url', problem: 'stands there twice' }
        : tlsFault(instance);
      if (problem === undefined) return [];
      const path = ['services', prefix || '/', 'instances', String(index), problem.key];
      return [{ path, problem: problem.problem }];
    });
  });
}

function tlsFault({ url, tls }: Instance): { key: string; problem: string } | undefined {
  if (tls !== undefined && !speaksTls(url))
    return { key: 'tls', problem: 'needs a `url` by https or h2' };
  if (tls !== undefined && !hasIdentity(tls))
    return { key: 'tls', problem: 'needs `serverName` or `spiffeId`' };
  if (tls === undefined && needsIdentity(url))
    return { key: 'tls', problem: `is missing: ${IDENTITY_NEEDED}` };
  return undefined;
}
