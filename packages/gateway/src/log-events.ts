import { watchEvents } from '@rollcall/client';
import type { Directory } from '@rollcall/client';
import { describeEvent } from '@rollcall/protocol';
import type { InstanceStates } from './traffic/instance-states.ts';
import type { EventContext, EventDescription, ObserverEvent } from '@rollcall/protocol';

/** Logs the instances that the directory knows, and then each of its events. */
export function logEvents(
  directory: Directory,
  states: InstanceStates,
  context: EventContext,
  log: (description: EventDescription) => void,
): void {
  const write = (event: ObserverEvent): void => log(describeEvent(event, context));
  for (const instance of directory.instances())
    write({ type: 'registered', instance, why: `it is ${instance.status}` });
  watchEvents(directory, write);
  states.listen(write);
}
