import { afterEach, describe, expect, it } from 'vitest';
import { PROGRAMS, Programs } from '../support/processes.ts';

const programs = new Programs();
afterEach(() => programs.endAll());

/** Without an environment: it asks nobody. */
async function budget(...args: string[]) {
  const program = programs.node(PROGRAMS.cli, ['budget', ...args]);
  const { code } = await program.ended;
  return { code, output: program.output };
}

describe('rollcall budget', () => {
  it('says that each of several brokers counts all of it', async () => {
    const { output } = await budget('--brokers', '3');
    expect(output).toMatch(/^Each of the 3 brokers counts this:/);
  });

  it('lists the messages of a deployment by cause, and exits with 0 within the quota', async () => {
    const { code, output } = await budget(
      '--instances',
      '50',
      '--gateways',
      '3',
      '--rollouts',
      '20',
    );
    expect(output).toMatch(/^rollouts +10,000 {2}20 rollouts x \(50 instances x 10 /m);
    expect(output).toMatch(/^within: 22,098 of 200,000 messages a day \(11 %\)$/m);
    expect(output).toMatch(/^within: 53 of 100 connections \(53 %\)$/m);
    expect(code).toBe(0);
  });

  it('names the exceeded limit and a remedy, and exits with 1', async () => {
    const leases = await budget('--instances', '0', '--lease-instances', '20', '--ttl', '30');
    expect(leases.output).toMatch(
      /^OVER: 52\d,\d{3} of 200,000 messages a day .*renewals: .*longer --ttl, or presence mode/m,
    );
    expect(leases.output).toMatch(/^within: 2 of 100 connections/m);
    expect(leases.code).toBe(1);

    const many = await budget('--instances', '98', '--gateways', '3');
    expect(many.output).toMatch(/^within: .* messages a day/m);
    expect(many.output).toMatch(/^OVER: 101 of 100 connections .*lease mode/m);
    expect(many.code).toBe(1);
  });

  it('accepts the quota of another plan', async () => {
    const size = ['--instances', '50', '--gateways', '3', '--rollouts', '20'];
    const plan = ['--max-messages', '22098', '--max-connections', '53'];
    expect((await budget(...size, ...plan)).code).toBe(0);
    expect((await budget(...size, ...plan, '--max-messages', '22097')).code).toBe(1);
    expect((await budget(...size, ...plan, '--max-connections', '52')).code).toBe(1);
  });

  it('prints JSON with --json, also over the quota', async () => {
    const { code, output } = await budget('--json', '--instances', '98', '--gateways', '3');
    expect(JSON.parse(output)).toMatchObject({
      deployment: { presence: 98, gateways: 3 },
      quota: { messages: 200_000, connections: 100 },
      costs: expect.arrayContaining([
        { cause: 'lists', messages: 8640, formula: '3 gateways x 2880 lists of presence channels' },
      ]) as unknown,
      connections: 101,
      exceeded: ['connections'],
    });
    expect(code).toBe(1);
  });
});
