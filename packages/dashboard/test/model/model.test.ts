import type { Event, State } from '@rollcall/gateway';
import { describe, expect, it } from 'vitest';
import { EMPTY, reduce } from '../../src/model/model.ts';
import type { Model } from '../../src/model/model.ts';
import { instance } from '../instances.ts';

function state(fields: Partial<State> = {}): State {
  return {
    status: {
      gateway: { name: 'g', url: '', domain: '', server: '', channel: '', startedAt: 0 },
      now: 1000,
      discovery: { state: 'connected', since: 0, brokers: [] },
      token: 'none',
      caller: { scopes: ['read'] },
      audit: 'kept',
      services: 1,
      instances: 1,
      certificates: [],
      peers: [],
    },
    services: [],
    instances: [instance()],
    recent: [],
    ...fields,
  };
}

function event(id: number, fields: Partial<Event> = {}): Event {
  return { id, at: 0, type: 'updated', reason: '', message: '', ...fields };
}

const open = (fields?: Partial<State>): Model =>
  reduce(EMPTY, { type: 'state', state: state(fields), at: 400 });
const keys = ({ instances }: Model): string[] => instances.map(({ key }) => key);

describe('the model of the page', () => {
  it('shows the state from the gateway, and knows the gateway’s clock', () => {
    const model = open({ recent: [event(1), event(2)] });
    expect(model).toMatchObject({ link: 'open', offset: 600 });
    expect(model.events.map(({ id }) => id)).toEqual([2, 1]);
  });

  it('adds, updates and removes instances by the events', () => {
    let model = open();
    const apply = (id: number, type: Event['type'], key: string, port = 1) => {
      const said = { ...instance().announcement, port };
      const view = instance({ key, announcement: said });
      model = reduce(model, {
        type: 'event',
        event: event(id, { type, instance: view }),
      });
    };
    apply(1, 'registered', 'b');
    expect(keys(model)).toEqual(['a', 'b']);
    apply(2, 'updated', 'a', 9);
    expect(model.instances[0]?.announcement.port).toBe(9);
    apply(3, 'left', 'a');
    apply(4, 'forgotten', 'b');
    expect(keys(model)).toEqual([]);
    expect(model.events.map(({ id }) => id)).toEqual([4, 3, 2, 1]);
  });

  it('ignores an event that the state contained', () => {
    const model = open({ recent: [event(5)] });
    const late = event(5, { type: 'left', instance: instance() });
    expect(reduce(model, { type: 'event', event: late })).toBe(model);
  });

  it('keeps the latest 200 events', () => {
    let model = open();
    for (let id = 1; id <= 300; id++) model = reduce(model, { type: 'event', event: event(id) });
    expect(model.events).toHaveLength(200);
    expect(model.events[0]?.id).toBe(300);
  });

  it('keeps the last state while the gateway is unreachable, with the time since when', () => {
    const lost = reduce(open(), { type: 'lost', at: 7, reason: 'no response' });
    const still = reduce(lost, { type: 'lost', at: 9, reason: 'no response' });
    expect(still).toMatchObject({ link: 'lost', lost: { at: 7 }, instances: [{ key: 'a' }] });
    const back = reduce(still, { type: 'state', state: state(), at: 400 });
    expect(back.link).toBe('open');
    expect(back.lost).toBeUndefined();
  });

  it('updates visible instances, and keeps their traffic until there is newer', () => {
    const traffic = { requests: 1, errors: 0, history: [] };
    const { status, services } = state();
    let model = open({ instances: [instance(), instance({ key: 'b' })] });
    const refreshed = { status, services, instances: [instance({ key: 'b', traffic, since: 5 })] };
    model = reduce(model, { type: 'refreshed', refreshed, at: 700 });
    expect(model).toMatchObject({ offset: 300, instances: [{ key: 'a' }, { traffic, since: 5 }] });
    const view = instance({ key: 'b', status: 'down' });
    model = reduce(model, { type: 'event', event: event(1, { instance: view }) });
    expect(model.instances[1]).toMatchObject({ status: 'down', traffic });
  });

  it('ignores an update of an instance that has left', () => {
    const { status, services } = state();
    const refreshed = { status, services, instances: [instance({ key: 'gone' })] };
    expect(keys(reduce(open(), { type: 'refreshed', refreshed, at: 0 }))).toEqual(['a']);
  });
});
