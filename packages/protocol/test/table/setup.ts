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

export const ALPHA = { id: 'a', inc: 1, prefix: '/alpha' };
export const BETA = { id: 'b', inc: 1, prefix: '/beta' };
/** A later run of the same service as ALPHA, with another id. */
export const AGAIN = { id: 'a2', inc: 1, prefix: '/alpha' };
export const LEASE = { ttl: 10 };

/** A table, and the presence channels of instances at 10.0.0.1:1. */
export function endpoint() {
  const { table, types, ...rest } = setup();
  const joined = (fields: Record<string, unknown>) =>
    types({ type: 'joined', announcement: announcement(fields) });
  const departed = (id: string) => types({ type: 'departed', id, inc: 1 });
  const routed = (prefix: string) => table.routable(prefix).map(({ key }) => key);
  const shown = () => table.all().map(({ key }) => key);
  return { ...rest, table, types, joined, departed, routed, shown };
}
