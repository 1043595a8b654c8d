import { urlHost } from '@rollcall/client';
import type { Change, Directory, Instance } from '@rollcall/client';

export interface ReportOptions {
  readonly domain: string;
  /** The broker, for people. */
  readonly server: string;
  readonly log: (line: string) => void;
}

/** Says in the log what happens to the table, and what was refused and why. */
export function report(directory: Directory, { domain, server, log }: ReportOptions): void {
  const route = ({ announcement }: Instance): string => {
    const { prefix, scheme = 'http', address, port } = announcement;
    return `${domain}${prefix} -> ${scheme}://${urlHost(address)}:${port}`;
  };
  const verbs: Record<Change['type'], string> = {
    registered: 'route registered',
    updated: 'route updated',
    left: 'route unregistered',
    forgotten: 'route unregistered',
    suspected: 'in doubt',
    down: 'out of rotation',
    recovered: 'in rotation',
  };
  const standing: Record<Instance['status'], string> = {
    healthy: 'it is up',
    suspect: 'it is in doubt',
    down: 'it is down',
  };
  for (const instance of directory.instances())
    log(`${verbs.registered} ${route(instance)} (${standing[instance.status]})`);

  directory.on('change', ({ type, instance, why }) =>
    log(`${verbs[type]} ${route(instance)} (${why})`),
  );
  directory.on('conflict', ({ key }, { address, port }) =>
    log(
      `two instances use the id ${key}; the other is at ${urlHost(address)}:${port}: give each its own`,
    ),
  );
  directory.on('stale', (prefix, instances) =>
    log(
      `${instances} instances of ${prefix || '/'} were lost sight of at once: taken for a fault of our own link until probes show otherwise`,
    ),
  );
  directory.on('refused', (event, { code, reason }) =>
    log(`refused ${event} (${code}): ${reason}`),
  );
  directory.on('connected', () => log(`hearing the channel again at ${server}`));
  directory.on('disconnected', () =>
    log(`lost the broker at ${server}: routing by the last known table`),
  );
  directory.on('rejected', (reason) =>
    log(`the broker at ${server} refuses us (${reason}): trying again`),
  );
  directory.on('fault', (error) => log(error.message));
}
