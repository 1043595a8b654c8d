import type { Event, InstanceView, ServiceView, State, StatusView } from '@rollcall/gateway';

/** Everything that the page shows. */
export interface Model {
  /** `locked`: the gateway requires a token, and the page has none or a wrong one. */
  readonly link: 'loading' | 'open' | 'lost' | 'locked';
  /** When the gateway became unreachable, by this browser's clock, and why. */
  readonly lost?: { readonly at: number; readonly reason: string };
  /** Why the token does not open the page, if the gateway knows it. */
  readonly locked?: string;
  readonly status?: StatusView;
  /** Add it to this browser's clock to get the gateway's. */
  readonly offset: number;
  readonly services: readonly ServiceView[];
  readonly instances: readonly InstanceView[];
  /** The newest first. */
  readonly events: readonly Event[];
}

/** The data that the page polls; instances only if they are visible. */
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
  | { readonly type: 'lost'; readonly at: number; readonly reason: string }
  | { readonly type: 'locked'; readonly reason?: string };

export const EMPTY: Model = {
  link: 'loading',
  offset: 0,
  services: [],
  instances: [],
  events: [],
};

const MAX_EVENTS = 200;

/** The model after an action. */
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
      return { ...model, link: 'lost', lost: { at: action.at, reason: action.reason } };
    case 'locked':
      return {
        ...EMPTY,
        link: 'locked',
        ...(action.reason !== undefined && { locked: action.reason }),
      };
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

/** Replaces known instances by their latest views, and keeps their traffic if the new view has none. */
function withInstances(
  known: readonly InstanceView[],
  latest: readonly InstanceView[],
): readonly InstanceView[] {
  const byKey = new Map(latest.map((instance) => [instance.key, instance]));
  return known.map((was) => {
    const is = byKey.get(was.key);
    if (is === undefined) return was;
    const { traffic } = is.traffic === undefined ? was : is;
    return traffic === undefined ? is : { ...is, traffic };
  });
}
