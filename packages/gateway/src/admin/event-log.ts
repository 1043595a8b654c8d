import { watchEvents } from '@rollcall/client';
import type { Directory } from '@rollcall/client';
import { describeEvent } from '@rollcall/protocol';
import type { ObserverEvent, ObserverEventType } from '@rollcall/protocol';
import type { InstanceStates } from '../traffic/instance-states.ts';
import type { Rollouts } from '../rollout/rollouts.ts';
import type { InstanceView, Views } from './views.ts';

/** A change of the table or of the gateway's link to the broker, as the admin API shows it. */
export interface Event {
  /** Counts up by one while the gateway runs. */
  readonly id: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** What kind of event it is. */
  readonly type: ObserverEventType;
  /** The cause alone, for where type and instance are shown beside it. */
  readonly reason: string;
  /** The whole event in one line, as in the gateway's log. */
  readonly message: string;
  /** The instance after the event; absent if the event is not about one. */
  readonly instance?: InstanceView;
}

type Listener = (event: Event) => void;

export interface EventLogOptions {
  readonly directory: Pick<Directory, 'on'>;
  readonly states: Pick<InstanceStates, 'listen'>;
  readonly rollouts?: Pick<Rollouts, 'listen'> | undefined;
  readonly views: Pick<Views, 'instance'>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

const MAX_RECENT = 200;

/** Numbers the events of a directory, keeps the latest, and passes them to its listeners. */
export class EventLog {
  readonly #options: EventLogOptions;
  readonly #recent: Event[] = [];
  readonly #listeners = new Set<Listener>();
  #lastId = 0;

  constructor(options: EventLogOptions) {
    this.#options = options;
    watchEvents(options.directory, (event) => this.#add(event));
    options.states.listen((event) => this.#add(event));
    options.rollouts?.listen((event) => this.#add(event));
  }

  /** The id of the latest event; 0 before the first. */
  get lastId(): number {
    return this.#lastId;
  }

  /** The latest events in the order they happened. */
  get recent(): readonly Event[] {
    return this.#recent;
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  /** @returns a function that removes the listener */
  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #add(event: ObserverEvent): void {
    const { views, now } = this.#options;
    const { type } = event;
    const { reason, message } = describeEvent(event);
    const isGone = type === 'left' || type === 'forgotten';
    const added: Event = {
      id: ++this.#lastId,
      at: now(),
      type,
      reason,
      message,
      ...('instance' in event && { instance: views.instance(event.instance, !isGone) }),
    };
    this.#recent.push(added);
    if (this.#recent.length > MAX_RECENT) this.#recent.shift();
    for (const listener of this.#listeners) listener(added);
  }
}
