import { describe, expect, it } from 'vitest';
import { describeEvent } from '@rollcall/protocol';
import type { Announcement, Instance, ObserverEvent } from '@rollcall/protocol';

const PLAIN: Announcement = { prefix: '/v1', address: '10.0.0.1', port: 3000 };

function instance(fields: Partial<Announcement> = {}): Instance {
  return { key: 'a', announcement: { ...PLAIN, ...fields }, status: 'healthy', since: 0 };
}

const left: ObserverEvent = { type: 'left', instance: instance(), why: 'it has left' };

describe('the description of an event', () => {
  it.each<[ObserverEvent, string]>([
    [left, 'route unregistered /v1 -> http://10.0.0.1:3000 (it has left)'],
    [
      { type: 'down', instance: instance({ prefix: '', scheme: 'https' }), why: 'a probe failed' },
      'instance down / -> https://10.0.0.1:3000 (a probe failed)',
    ],
    [
      { type: 'conflict', instance: instance(), announcement: { ...PLAIN, address: '::1' } },
      'id conflict /v1 -> http://10.0.0.1:3000 ([::1]:3000 announces the same id a: give each instance its own)',
    ],
    [
      { type: 'mass-suspicion', prefix: '/v1', instances: 3 },
      '3 instances of /v1 became suspect at once: probably a fault of the link to the broker, so probes decide',
    ],
    [
      { type: 'refused', event: 'register', refusal: { code: 'bad-port', reason: 'port is 0' } },
      'refused register (bad-port): port is 0',
    ],
    [{ type: 'connected', broker: '127.0.0.1:6001' }, 'connected to the broker at 127.0.0.1:6001'],
    [
      { type: 'disconnected', broker: '127.0.0.1:6001', others: [] },
      'lost the connection to the broker at 127.0.0.1:6001: the last known table stays in use',
    ],
    [
      { type: 'disconnected', broker: 'a:1', others: ['b:2'] },
      'lost the connection to the broker at a:1: b:2 stays connected',
    ],
    [
      { type: 'rejected', broker: '127.0.0.1:6001', reason: 'over quota' },
      'the broker at 127.0.0.1:6001 rejected the connection (over quota): retrying',
    ],
    [{ type: 'fault', message: 'no answer' }, 'no answer'],
  ])('of %j is one line', (event, message) => {
    expect(describeEvent(event).message).toBe(message);
  });

  it('names the host of the routes if the observer is a gateway', () => {
    const { message } = describeEvent(left, { domain: 'localhost:1500' });
    expect(message).toBe(
      'route unregistered localhost:1500/v1 -> http://10.0.0.1:3000 (it has left)',
    );
  });

  it('has a level', () => {
    expect(describeEvent(left).level).toBe('info');
    expect(describeEvent({ type: 'disconnected', broker: 'a:1', others: [] }).level).toBe('warn');
  });

  it('lists the fields that an update changed', () => {
    const was = { ...PLAIN, id: 'a', inc: 1, seq: 0, weight: 5, meta: { a: '1' }, zone: 'x' };
    const is = instance({ id: 'a', inc: 1, seq: 1, meta: { a: '2' }, zone: 'x', draining: true });
    const event: ObserverEvent = { type: 'updated', instance: is, was, why: 'it said so' };
    const { reason } = describeEvent(event);
    expect(reason).toMatch(/^it said so: /);
    expect(new Set(reason.slice('it said so: '.length).split(', '))).toEqual(
      new Set(['weight', 'meta', 'draining']),
    );
  });

  it('lists no fields of an instance that announces the same in a new run', () => {
    const [was, is] = [{ ...PLAIN, id: 'a', inc: 1 }, instance({ id: 'a', inc: 2 })];
    const event: ObserverEvent = { type: 'updated', instance: is, was, why: 'it has restarted' };
    expect(describeEvent(event).reason).toBe('it has restarted');
  });
});
