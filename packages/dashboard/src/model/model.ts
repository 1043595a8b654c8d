import type { Happening, InstanceView, ServiceView, State, StatusView } from '@rollcall/gateway';

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
  /** The latest first. */
  readonly happenings: readonly Happening[];
}

export type Action =
  | { readonly type: 'state'; readonly state: State; readonly at: number }
  | { readonly type: 'refreshed'; readonly state: Omit<State, 'recent'>; readonly at: number }
  | { readonly type: 'happened'; readonly happening: Happening }
  | { readonly type: 'instance'; readonly instance: InstanceView }
  | { readonly type: 'lost'; readonly at: number; readonly why: string }
  | { readonly type: 'locked' };

export const EMPTY: Model = {
  link: 'loading',
  offset: 0,
  services: [],
  instances: [],
  happenings: [],
};

const KEPT = 200;

/** What the page shows after something has come. */
export function reduce(model: Model, action: Action): Model {
  switch (action.type) {
    case 'state': {
      const { recent } = action.state;
      return { ...opened(model, action), happenings: recent.toReversed().slice(0, KEPT) };
    }
    case 'refreshed':
      return opened(model, action);
    case 'happened': {
      const { happening } = action;
      // One that came while the state was on its way is in it already.
      if (happening.id <= (model.happenings[0]?.id ?? 0)) return model;
      const happenings = [happening, ...model.happenings].slice(0, KEPT);
      return { ...model, happenings, instances: afterHappening(model.instances, happening) };
    }
    case 'instance':
      return { ...model, instances: withInstance(model.instances, action.instance) };
    case 'lost':
      if (model.link === 'lost') return model;
      return { ...model, link: 'lost', lost: { at: action.at, why: action.why } };
    case 'locked':
      return { ...model, link: 'locked' };
  }
}

function opened(
  { happenings }: Model,
  { state, at }: { readonly state: Omit<State, 'recent'>; readonly at: number },
): Model {
  const { status, services, instances } = state;
  return { link: 'open', status, offset: status.now - at, services, instances, happenings };
}

function afterHappening(
  instances: readonly InstanceView[],
  { what, instance }: Happening,
): readonly InstanceView[] {
  if (instance === undefined) return instances;
  if (what === 'left' || what === 'forgotten')
    return instances.filter(({ key }) => key !== instance.key);
  return withInstance(instances, instance);
}

function withInstance(
  instances: readonly InstanceView[],
  instance: InstanceView,
): readonly InstanceView[] {
  const at = instances.findIndex(({ key }) => key === instance.key);
  return at === -1 ? [...instances, instance] : instances.with(at, instance);
}
