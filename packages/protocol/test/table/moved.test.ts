import { describe, expect, it } from 'vitest';
import { AGAIN, ALPHA, BETA, endpoint, LEASE } from './setup.ts';

describe('a run that moves to another endpoint', () => {
  const ELSEWHERE = { ...ALPHA, port: 2 };
  const MOVED = { ...ALPHA, seq: 1 };

  it('as another observer reports, has ended there if an owner has announced that one', () => {
    const { told, joined, types, probed, shown } = endpoint();
    told(ELSEWHERE);
    joined(BETA);
    expect(told(MOVED)).toEqual(['updated', 'down']);
    types({ type: 'link', isUp: false });
    expect(probed('ok')).toEqual([]);
    joined(AGAIN);
    expect(shown()).toEqual(['a2', 'b']);
  });

  it('as another observer reports, is replaced there by a run of its service', () => {
    const { told, joined, shown } = endpoint();
    told(ELSEWHERE);
    joined(AGAIN);
    expect(told(MOVED)).toContain('forgotten');
    expect(shown()).toEqual(['a2']);
  });

  it('as another observer reports, stays there while it is in its presence channel', () => {
    const { told, joined, probed, routed } = endpoint();
    joined(ELSEWHERE);
    joined(BETA);
    expect(told(MOVED)).toEqual(['updated', 'suspected']);
    probed('ok');
    expect(routed('/alpha')).toEqual(['a']);
  });

  it('as another observer reports, ends nothing there', () => {
    const { told, joined, departed, probed, routed } = endpoint();
    joined(ELSEWHERE);
    joined(BETA);
    departed('b');
    told(MOVED);
    probed('ok', 'b');
    expect(routed('/beta')).toEqual(['b']);
  });

  it('as its owner announces, ends an instance there whose port has refused', () => {
    const { heard, joined, probed, routed } = endpoint();
    joined(ELSEWHERE);
    heard({ ...BETA, ...LEASE });
    probed('refused', 'b');
    heard(MOVED);
    probed('ok', 'b');
    expect(routed('/beta')).toEqual([]);
  });

  it('leaves behind what its probes showed at the one before', () => {
    const { told, joined, probed, departed, routed } = endpoint();
    joined(ELSEWHERE);
    probed('refused');
    told(MOVED);
    departed('a');
    probed('ok');
    expect(routed('/alpha')).toEqual(['a']);
  });

  it('has not ended any more if another service has only the endpoint that it has left', () => {
    const { told, joined, probed, routed } = endpoint();
    told(ALPHA);
    joined(BETA);
    expect(routed('/alpha')).toEqual([]);
    told({ ...ELSEWHERE, seq: 1 });
    probed('ok');
    expect(routed('/alpha')).toEqual(['a']);
  });

  it('is back only by its owner if that is gone and its port has refused', () => {
    const { told, joined, departed, probed, routed } = endpoint();
    joined(ELSEWHERE);
    departed('a');
    probed('refused');
    told(MOVED);
    probed('ok');
    expect(routed('/alpha')).toEqual([]);
  });

  it("stays while this observer's own link is down if its owner said so in a late message", () => {
    const { heard, joined, departed, probed, types, routed } = endpoint();
    joined(ELSEWHERE);
    departed('a');
    joined(BETA);
    types({ type: 'link', isUp: false });
    types({ type: 'link', isUp: true });
    heard(MOVED);
    probed('ok');
    expect(routed('/alpha')).toEqual(['a']);
  });
});
