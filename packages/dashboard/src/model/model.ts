import type { Event, InstanceView, ServiceView, State, StatusView } from '@rollcall/gateway';

/** All that the page shows. */
export interface Model {
  /** `locked`: the gateway wants the token, and has none or a wrong one. */
  readonly link: 'loading' | 'open' | 'lost' | 'locked';
  /** Since when the gateway is not reached, by this browser's clock, and why. */
  readonly lost?: { readonly at: number; readonly why: string };
  readonly status?: StatusView;
  /** What to add to this browser's clock to have the gateway's. */
  readonly offset: number;
  readonly services: readonly ServiceView[];
  readonly instances: readonly InstanceView[];
  /** The newest first. */
  readonly events: readonly Event[];
}

/** What is asked for again and again, of the instances that are on the screen. */
interface Refreshed {
  readonly status: StatusView;
  readonly services: readonly ServiceView[];
  readonly instances: readonly InstanceView[];
}

export type Action =
  | { readonly type: 'state'; readonly state: State; readonly at: number }
  | { readonly type: 'refreshed'; readonly refreshed: Refreshed; readonly at: number }
  | { readonly type: 'event'; readonly event: Event }
  | { readonly type: 'instance'; readonly instance: InstanceView }
  | { readonly type: 'lost'; readonly at: number; readonly why: string }
  | { readonly type: 'locked' };

export const EMPTY: Model = {
  link: 'loading',
  offset: 0,
  services: [],
  instances: [],
  events: [],
};

const MAX_EVENTS = 200;

/** What the page shows after something has come. */
export function reduce(model: Model, action: Action): Model {
  switch (action.type) {
    case 'state': {
      const { status, services, instances, recent } = action.state;
      const events = recent.toReversed().slice(0, MAX_EVENTS);
      return { link: 'open', ...timed(status, action.at), services, instances, events };
    }
    case 'refreshed': {
      const { status, services, instances } = action.refreshed;
      return {
        ...model,
        ...timed(status, action.at),
        services,
        instances: withInstances(model.instances, instances),
      };
    }
    case 'event': {
      const { event } = action;
      // An event that came while the state was on its way is in the state already.
      if (event.id <= (model.events[0]?.id ?? 0)) return model;
      const events = [event, ...model.events].slice(0, MAX_EVENTS);
      return { ...model, events, instances: afterEvent(model.instances, event) };
    }
    case 'instance':
      return { ...model, instances: withInstances(model.instances, [action.instance]) };
    case 'lost':
      if (model.link === 'lost') return model;
      return { ...model, link: 'lost', lost: { at: action.at, why: action.why } };
    case 'locked':
      return { ...model, link: 'locked' };
  }
}

function timed(status: StatusView, at: number): Pick<Model, 'offset'> & { status: StatusView } {
  return { status, offset: status.now - at };
}

function afterEvent(
  instances: readonly InstanceView[],
  { type, instance }: Event,
): readonly InstanceView[] {
  if (instance === undefined) return instances;
  if (type === 'left' || type === 'forgotten')
    return instances.filter(({ key }) => key !== instance.key);
  const isKnown = instances.some(({ key }) => key === instance.key);
  return isKnown ? withInstances(instances, [instance]) : [...instances, instance];
}

/** Those that are held, as they are now. Traffic is not told with everything. */
function withInstances(
  held: readonly InstanceView[],
  latest: readonly InstanceView[],
): readonly InstanceView[] {
  const byKey = new Map(latest.map((instance) => [instance.key, instance]));
  return held.map((was) => {
    const is = byKey.get(was.key);
    if (is === undefined) return was;
    const { traffic } = is.traffic === undefined ? was : is;
    return traffic === undefined ? is : { ...is, traffic };
  });
}
