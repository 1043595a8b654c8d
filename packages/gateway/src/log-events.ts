import { watchEvents } from '@rollcall/client';
import type { Directory } from '@rollcall/client';
import { describeEvent } from '@rollcall/protocol';
import type { EventContext, Journal, ObserverEvent } from '@rollcall/protocol';
import { limitLines } from '@rollcall/runtime';
import type { LineLimit, Logger } from '@rollcall/runtime';
import type { LiveDataPlane } from './live-data-plane.ts';
import type { InstanceStates } from './traffic/instance-states.ts';

/**
 * Of each level: enough for a table that fills up. A program with the app's secret could otherwise fill the disk with
 * changes.
 */
const LIMIT: LineLimit = { maxLines: 20_000, windowMs: 60_000 };
/** A limit of its own, so that what is refused hides no change. */
const REFUSED_LIMIT: LineLimit = { maxLines: 100, windowMs: 10_000 };
const DROPPED_LIMIT: LineLimit = { maxLines: 1, windowMs: 10_000 };

export interface EventSources {
  readonly directory: Directory;
  readonly journal: Pick<Journal, 'refused'>;
  readonly states: Pick<InstanceStates, 'listen'>;
  readonly plane: Pick<LiveDataPlane, 'whenApplied' | 'rollouts'>;
}

/**
 * Logs what was refused, the instances that the directory knows, versions that are not accepted, and then each of its events, once
 * every worker routes by it.
 */
export function logEvents(
  { directory, journal, states, plane }: EventSources,
  context: EventContext,
  logger: Logger,
): void {
  const lines = {
    info: limitLines(logger.info.bind(logger), LIMIT),
    warn: limitLines(logger.warn.bind(logger), LIMIT),
    error: limitLines(logger.error.bind(logger), LIMIT),
    refused: limitLines(logger.warn.bind(logger), REFUSED_LIMIT),
  };
  const write = (event: ObserverEvent): void => {
    const { level, message } = describeEvent(event, context);
    const log = lines[event.type === 'refused' ? 'refused' : level];
    plane.whenApplied(() => log({}, message));
  };
  for (const { event, refusal } of journal.refused) write({ type: 'refused', event, refusal });
  for (const refusal of directory.unproven()) write({ type: 'unproven', refusal });
  for (const instance of directory.instances())
    write({ type: 'registered', instance, why: `it is ${instance.status}` });
  for (const prefix of plane.rollouts.prefixes())
    for (const { version, state, why, instances } of plane.rollouts.of(prefix))
      if (state !== 'accepted' && instances > 0)
        write({ type: `version-${state}`, prefix, version, why });
  watchEvents(directory, write);
  states.listen(write);
  plane.rollouts.listen(write);
  const logDropped = limitLines(logger.warn.bind(logger), DROPPED_LIMIT);
  directory.on('dropped', (why) => {
    if (why === 'full') logDropped({}, 'dropped a message of the registry: too many came at once');
  });
}
