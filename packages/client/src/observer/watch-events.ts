import type { ObserverEvent } from '@rollcall/protocol';
import type { Directory } from './directory.ts';

/** Calls the listener with every event of a directory that people should know about. */
export function watchEvents(
  directory: Pick<Directory, 'on'>,
  listener: (event: ObserverEvent) => void,
): void {
  directory.on('change', listener);
  directory.on('conflict', (instance, announcement) =>
    listener({ type: 'conflict', instance, announcement }),
  );
  directory.on('prefix-forgotten', (prefix, why) =>
    listener({ type: 'prefix-forgotten', prefix, why }),
  );
  directory.on('mass-suspicion', (prefix, instances) =>
    listener({ type: 'mass-suspicion', prefix, instances }),
  );
  directory.on('refused', (event, refusal) => listener({ type: 'refused', event, refusal }));
  directory.on('unproven', (refusal) => listener({ type: 'unproven', refusal }));
  directory.on('broker-connected', (broker) => listener({ type: 'connected', broker }));
  directory.on('broker-disconnected', (broker, others) =>
    listener({ type: 'disconnected', broker, others }),
  );
  directory.on('rejected', (reason, broker) => listener({ type: 'rejected', reason, broker }));
  directory.on('fault', ({ message }) => listener({ type: 'fault', message }));
}
