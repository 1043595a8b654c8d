import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { expect, it } from 'vitest';
import { ConnectionLimiter } from '../../src/downstream/connection-limiter.ts';

/** A socket that a client opened. */
function socketFrom(remoteAddress: string) {
  const socket = Object.assign(new EventEmitter(), { remoteAddress, destroy: () => undefined });
  return socket as unknown as Socket;
}

it('admits as many connections as it may, and another one when one has closed', () => {
  const refused: string[] = [];
  const limiter = new ConnectionLimiter({ maxConnections: 2 }, (reason) => refused.push(reason));
  const first = socketFrom('192.0.2.1');
  expect(limiter.admit(first)).toBe(true);
  expect(limiter.admit(socketFrom('192.0.2.2'))).toBe(true);
  expect(limiter.admit(socketFrom('192.0.2.3'))).toBe(false);
  expect(refused).toEqual(['2 connections are open']);
  first.emit('close');
  expect(limiter.admit(socketFrom('192.0.2.3'))).toBe(true);
  expect(limiter.open).toBe(2);
});

it('takes all addresses of an IPv6 network for one client', () => {
  const limiter = new ConnectionLimiter({ maxConnections: 10, maxPerClient: 2 });
  expect(limiter.admit(socketFrom('2001:db8::1'))).toBe(true);
  expect(limiter.admit(socketFrom('2001:db8::ffff:2'))).toBe(true);
  expect(limiter.admit(socketFrom('2001:db8::3'))).toBe(false);
  expect(limiter.admit(socketFrom('2001:db8:0:1::3'))).toBe(true);
});

it('leaves connections to others when one client takes all that it gets', () => {
  const limiter = new ConnectionLimiter({ maxConnections: 8 });
  const greedy = Array.from({ length: 10 }, () => limiter.admit(socketFrom('192.0.2.1')));
  expect(greedy.filter(Boolean)).toHaveLength(6);
  expect(limiter.admit(socketFrom('192.0.2.2'))).toBe(true);
});
