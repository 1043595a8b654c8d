import { expect, it } from 'vitest';
import { UnreadBudget } from '../src/unread-budget.ts';

/** A client that leaves bytes unread. */
class Client {
  unsentBytes = 0;
  isConnected = true;
  readonly #budget: UnreadBudget;

  constructor(budget: UnreadBudget) {
    this.#budget = budget;
  }

  send(bytes: number): void {
    this.unsentBytes += bytes;
    this.#budget.count(this, this.unsentBytes);
  }

  disconnect(): void {
    this.isConnected = false;
    this.#budget.count(this, 0);
  }
}

const clientsOf = (budget: UnreadBudget, count: number): Client[] =>
  Array.from({ length: count }, () => new Client(budget));

it('disconnects the clients that leave the most unread when all leave too much together', () => {
  const [most, more, least] = clientsOf(new UnreadBudget(800), 3);
  most?.send(400);
  more?.send(300);
  least?.send(100);
  expect([most, more, least].map((client) => client?.isConnected)).toEqual([true, true, true]);
  least?.send(1);
  expect([most, more, least].map((client) => client?.isConnected)).toEqual([false, true, true]);
});

it('disconnects as many as it takes, and leaves room so that the next is not due at once', () => {
  const clients = clientsOf(new UnreadBudget(800), 9);
  for (const client of clients) client.send(100);
  expect(clients.filter((client) => client.isConnected)).toHaveLength(7);
});

it('does not disconnect clients that have read since they were counted', () => {
  const clients = clientsOf(new UnreadBudget(800), 3);
  for (let round = 0; round < 10; round++) {
    for (const client of clients) client.send(250);
    for (const client of clients) client.unsentBytes = 0;
  }
  expect(clients.every((client) => client.isConnected)).toBe(true);
});

it('does not count what disconnected clients had left', () => {
  const budget = new UnreadBudget(800);
  for (let round = 0; round < 10; round++) {
    const [gone] = clientsOf(budget, 1);
    gone?.send(700);
    gone?.disconnect();
    const [client] = clientsOf(budget, 1);
    client?.send(100);
    expect(client?.isConnected).toBe(true);
    client?.send(-100);
  }
});

it('counts a client again that has read and then left as much unread as before', () => {
  const [one, other] = clientsOf(new UnreadBudget(800), 2);
  one?.send(500);
  if (one !== undefined) one.unsentBytes = 0;
  other?.send(301);
  one?.send(500);
  expect(one?.isConnected).toBe(false);
});
