import type { BrokerNumber } from '../table/events.ts';

const WINDOW_MS = 60_000;
const MAX_REMEMBERED = 1000;

interface Said {
  readonly until: number;
  readonly timesBy: Map<BrokerNumber, number>;
  times: number;
}

/**
 * Which messages are news to people. Every broker of a registry delivers a message, so it is news as often as the broker has
 * delivered it that has done so most, within a minute. With one broker, everything is.
 */
export class Repeats {
  readonly #said = new Map<string, Said>();

  /** A broker has delivered something: returns whether no other had delivered it as often. */
  isNews(what: string, broker: BrokerNumber, now: number): boolean {
    const said = this.#remembered(what, now);
    const times = (said.timesBy.get(broker) ?? 0) + 1;
    said.timesBy.set(broker, times);
    if (times <= said.times) return false;
    said.times = times;
    return true;
  }

  #remembered(what: string, now: number): Said {
    const known = this.#said.get(what);
    if (known !== undefined && now < known.until) return known;
    const said = { until: now + WINDOW_MS, timesBy: new Map<BrokerNumber, number>(), times: 0 };
    this.#said.delete(what);
    this.#said.set(what, said);
    if (this.#said.size > MAX_REMEMBERED) {
      for (const oldest of this.#said.keys()) {
        this.#said.delete(oldest);
        break;
      }
    }
    return said;
  }
}
