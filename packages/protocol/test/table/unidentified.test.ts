import { describe, expect, it } from 'vitest';
import { OWNED, setup } from './setup.ts';

describe('an instance in whose place a server answers that does not prove to be it', () => {
  it('is down after one probe, though the link of this observer has just been lost', () => {
    const { heard, probed, types, routable } = setup();
    types({ type: 'link', isUp: true });
    heard(OWNED);
    types({ type: 'link', isUp: false });
    expect(probed('unidentified')).toEqual(['down']);
    expect(routable()).toEqual([]);
  });

  it('is down by what a request shows', () => {
    const { heard, table, clock } = setup();
    heard(OWNED);
    const attempt = { outcome: { code: 'ERR_INSTANCE_IDENTITY', reason: 'another certificate' } };
    expect(
      table.apply(
        { type: 'probed', key: 'a', verdict: 'unidentified', by: 'traffic', attempt },
        clock.now,
      ),
    ).toMatchObject([{ type: 'down', why: 'it does not prove who it is: another certificate' }]);
  });

  it('is reported once if it was down before, and again if its port refused connections meanwhile', () => {
    const { heard, probed } = setup();
    heard(OWNED);
    expect(probed('refused')).toEqual(['down']);
    expect(probed('unidentified')).toEqual(['down']);
    expect(probed('unidentified')).toEqual([]);
    expect(probed('refused')).toEqual([]);
    expect(probed('unidentified')).toEqual(['down']);
  });

  it('is healthy again once it proves who it is', () => {
    const { heard, probed, routable } = setup();
    heard(OWNED);
    probed('unidentified');
    expect(probed('ok')).toEqual(['recovered']);
    expect(routable()).toEqual([1]);
    expect(probed('unidentified')).toEqual(['down']);
  });
});
