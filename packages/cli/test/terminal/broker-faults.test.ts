import { expect, it } from 'vitest';
import { BrokerFaults } from '../../src/terminal/broker-faults.ts';

const status = (name: string, isConnected: boolean) => ({ name, isConnected });

it('prints a line for each broker that is not connected, and one only', () => {
  const lines: string[] = [];
  const faults = new BrokerFaults((line) => lines.push(line));
  faults.logger.warn(
    { err: new Error() },
    'not connected yet, retrying: the broker at b:1 refused',
  );
  faults.logger.info('connected to the broker');
  faults.finish({
    brokers: () => [status('a:1', true), status('b:1', false), status('c:1', false)],
  });
  expect(lines).toEqual([
    'not connected yet, retrying: the broker at b:1 refused',
    'not connected to the broker at c:1: "rollcall doctor" shows why',
  ]);
});
