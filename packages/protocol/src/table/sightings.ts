/**
 * What an instance's presence channel at a broker has shown since this observer connected to that broker: the instance, that
 * it has left, or that it was not there. An instance that has not got there yet is absent, too.
 */
export type Sighting = 'present' | 'left' | 'absent';

/** An instance by what the brokers have shown of it, by their numbers. */
interface Sighted {
  sightings: ReadonlyMap<number, Sighting>;
}

/** Shared by all that no broker has shown yet, or ever will, such as one with a lease. */
export const NO_SIGHTINGS: ReadonlyMap<number, Sighting> = new Map();

/** A broker reports whether an instance is in its presence channel. */
export function sighted(entry: Sighted, broker: number, isThere: boolean): void {
  const was = entry.sightings.get(broker) ?? 'absent';
  set(entry, broker, isThere ? 'present' : was === 'present' ? 'left' : was);
}

/** Whether every broker that this observer is connected to has said that an instance is not there. */
export function isGoneEverywhere({ sightings }: Sighted, connected: ReadonlySet<number>): boolean {
  const isSeen = [...sightings.values()].includes('present');
  return !isSeen && [...connected].every((broker) => sightings.has(broker));
}

/**
 * A broker refuses to show whether an instance is there, so that it must not be waited for. Returns whether the instance is gone
 * by that: one of the others has seen it leave.
 */
export function isGoneUnseen(
  entry: Sighted,
  broker: number,
  connected: ReadonlySet<number>,
): boolean {
  set(entry, broker, 'absent');
  return isGoneEverywhere(entry, connected) && hasLeft(entry);
}

/**
 * The connection to a broker is lost, and what it has shown counts no longer. Returns whether an instance is gone by that:
 * the others say that it is not there, and one of them has seen it leave. Otherwise the connection may be all that is lost.
 */
export function isGoneWithout(
  entry: Sighted,
  broker: number,
  connected: ReadonlySet<number>,
): boolean {
  if (entry.sightings.has(broker)) {
    const others = [...entry.sightings].filter(([number]) => number !== broker);
    entry.sightings = others.length === 0 ? NO_SIGHTINGS : new Map(others);
  }
  return hasLeft(entry) && isGoneEverywhere(entry, connected);
}

function set(entry: Sighted, broker: number, sighting: Sighting): void {
  if (entry.sightings.get(broker) !== sighting)
    entry.sightings = new Map(entry.sightings).set(broker, sighting);
}

function hasLeft({ sightings }: Sighted): boolean {
  return [...sightings.values()].includes('left');
}
