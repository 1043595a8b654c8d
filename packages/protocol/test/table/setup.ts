import { parseAnnouncement, Table } from '@rollcall/protocol';
import type { Effect, ProbeRules, Probing, TableEvent, Verdict } from '@rollcall/protocol';

export function announcement(fields: Record<string, unknown> = {}) {
  const parsed = parseAnnouncement({ prefix: '/v1', port: 1, address: '10.0.0.1', ...fields });
  if (!parsed.ok) throw new Error(parsed.refusal.reason);
  return parsed.value;
}

export const OWNED = { id: 'a', inc: 1 };

interface Rules {
  readonly probes?: Probing;
  readonly probeRules?: Partial<ProbeRules>;
}

/** A table with a clock that is wound by hand. */
export function setup({ probes = 'always', probeRules }: Rules = {}) {
  const table = new Table({ probes, probeRules });
  const clock = { now: 1000 };
  const apply = (event: TableEvent): Effect[] => table.apply(event, clock.now);
  const types = (event: TableEvent) => apply(event).map((effect) => effect.type);
  const heard = (fields: Record<string, unknown> = {}, left = false) =>
    types({ type: 'received', statement: { announcement: announcement(fields), left } });
  const told = (fields: Record<string, unknown> = {}, left = false) =>
    types({ type: 'relayed', statement: { announcement: announcement(fields), left } });
  const probed = (verdict: Verdict, key = 'a') =>
    types({ type: 'probed', key, verdict, by: 'probe' });
  const pass = (milliseconds: number) => {
    clock.now += milliseconds;
    return types({ type: 'tick' });
  };
  const routable = () => table.routable('/v1').map((each) => each.announcement.port);
  return { table, types, heard, told, probed, pass, routable };
}
