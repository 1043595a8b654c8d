import { describe, expect, it } from 'vitest';
import { instanceState, isDraining, receivesTraffic } from '@rollcall/protocol';
import { OWNED, setup } from './setup.ts';

const SECOND = { id: 'b', inc: 1, port: 2 };

function receiving(made: ReturnType<typeof setup>): string[] {
  const routable = made.table.routable('/v1');
  return made.table
    .instances('/v1')
    .filter((each) => receivesTraffic(each, routable))
    .map(({ announcement }) => announcement.id ?? '');
}

describe('whether an instance receives traffic', () => {
  it('is what routing does: healthy instances only, while there is one', () => {
    const made = setup();
    made.heard(OWNED);
    made.heard(SECOND);
    expect(receiving(made)).toEqual([OWNED.id, 'b']);
    made.types({ type: 'departed', id: 'b', inc: 1 });
    expect(receiving(made)).toEqual([OWNED.id]);
  });

  it('suspect instances, while none is healthy', () => {
    const made = setup();
    made.heard(SECOND);
    made.types({ type: 'departed', id: 'b', inc: 1 });
    expect(receiving(made)).toEqual(['b']);
    made.types({ type: 'probed', key: 'b', verdict: 'refused', by: 'probe' });
    expect(receiving(made)).toEqual([]);
  });

  it.each([
    ['its owner announces that it leaves', 'draining', { draining: true }, false],
    ['an operator drains it', 'drained', {}, true],
  ])('is no if %s, and its state is %s', (_why, state, fields, isDrained) => {
    const made = setup();
    made.heard({ ...SECOND, ...fields });
    if (isDrained) made.types({ type: 'drained', key: 'b' });
    const [instance] = made.table.instances('/v1');
    if (instance === undefined) throw new Error('the table is empty');
    expect(receiving(made)).toEqual([]);
    expect(isDraining(instance)).toBe(true);
    expect([instance.status, instanceState(instance)]).toEqual(['healthy', state]);
    expect(receivesTraffic(instance, [{ ...instance, key: 'c' }])).toBe(false);
  });
});

describe('the state of an instance that receives requests', () => {
  const table = setup();
  table.heard(SECOND);
  const [healthy] = table.table.instances('/v1');
  if (healthy === undefined) throw new Error('the table is empty');
  const down = { ...healthy, status: 'down' } as const;
  const leaving = { ...healthy, announcement: { ...healthy.announcement, draining: true } };
  const drained = { ...healthy, isDrained: true };

  it.each([
    ['healthy', healthy, { isEjected: false, inFlight: 3 }],
    ['ejected', healthy, { isEjected: true, inFlight: 0 }],
    ['down', down, { isEjected: true, inFlight: 0 }],
    ['draining', drained, { isEjected: false, inFlight: 1 }],
    ['drained', drained, { isEjected: true, inFlight: 0 }],
    ['draining', leaving, { isEjected: false, inFlight: 1 }],
    ['drained', leaving, { isEjected: false, inFlight: 0 }],
  ])('is %s', (state, instance, traffic) => {
    expect(instanceState(instance, traffic)).toBe(state);
  });
});
