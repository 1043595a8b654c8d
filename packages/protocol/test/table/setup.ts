import { DEFAULT_PROBE_RULES, parseAnnouncement, Table } from '@rollcall/protocol';
import type {
  Effect,
  ProbeRules,
  Probing,
  TableEvent,
  TableLimits,
  Verdict,
} from '@rollcall/protocol';
import type { ProbeShare } from '../../src/table/probe-share.ts';

export function announcement(fields: Record<string, unknown> = {}) {
  const parsed = parseAnnouncement({ prefix: '/v1', port: 1, address: '10.0.0.1', ...fields });
  if (!parsed.ok) throw new Error(parsed.refusal.reason);
  return parsed.value;
}

export const OWNED = { id: 'a', inc: 1 };

interface Rules {
  readonly probes?: Probing;
  readonly probeRules?: Partial<ProbeRules>;
  readonly limits?: Partial<TableLimits>;
  readonly share?: ProbeShare;
}

/** A table with a clock that is wound by hand. */
export function setup({ probes = 'always', probeRules, limits, share }: Rules = {}) {
  const table = new Table({ probes, probeRules, limits, share });
  const clock = { now: 1000 };
  const apply = (event: TableEvent): Effect[] => table.apply(event, clock.now);
  const types = (event: TableEvent) => apply(event).map((effect) => effect.type);
  const heard = (fields: Record<string, unknown> = {}, left = false) =>
    types({ type: 'received', statement: { announcement: announcement(fields), left } });
  const told = (fields: Record<string, unknown> = {}, left = false) =>
    types({ type: 'relayed', statement: { announcement: announcement(fields), left } });
  const probed = (verdict: Verdict, key = 'a') =>
    types({ type: 'probed', key, verdict, by: 'probe' });
  /** A probe has timed out, and its answer is still waited for. */
  const overdue = (key = 'a') =>
    types({ type: 'probed', key, verdict: 'timeout', by: 'probe', isPending: true });
  const pass = (milliseconds: number) => {
    clock.now += milliseconds;
    return types({ type: 'tick' });
  };
  const routable = () => table.routable('/v1').map((each) => each.announcement.port);
  const connected = (verdict: Verdict, key = 'a') =>
    types({ type: 'probed', key, verdict, by: 'connect' });
  /** It answered a client some milliseconds ago. */
  const served = (ago = 0, key = 'a') =>
    types({ type: 'probed', key, verdict: 'ok', by: 'traffic', at: clock.now - ago });
  /** Lets time pass in ticks, in which each probe is answered at once, and returns what each was. */
  const watch = (milliseconds: number, verdict: Verdict = 'ok', each: () => unknown = () => {}) => {
    const probes: string[] = [];
    for (let waited = 0; waited < milliseconds; waited += 50) {
      clock.now += 50;
      each();
      for (const effect of apply({ type: 'tick' })) {
        if (effect.type !== 'probe') continue;
        probes.push(effect.by);
        apply({ type: 'probed', key: effect.instance.key, verdict, by: effect.by });
      }
    }
    return probes;
  };
  /** Lets it accept connections and answer nothing. Returns after how many milliseconds it is no longer healthy. */
  const hang = (key = 'a') => {
    const beganAt = clock.now;
    let timesOutAt = Infinity;
    while (status(key) === 'healthy' && clock.now < beganAt + 60_000) {
      clock.now += 50;
      if (clock.now >= timesOutAt) {
        timesOutAt += DEFAULT_PROBE_RULES.timeoutMs;
        overdue(key);
      }
      for (const effect of apply({ type: 'tick' })) {
        if (effect.type !== 'probe') continue;
        if (effect.by === 'probe') timesOutAt = clock.now + DEFAULT_PROBE_RULES.timeoutMs;
        else connected('ok', key);
      }
    }
    return clock.now - beganAt;
  };
  /** Lets time pass while each request of a probe takes some milliseconds. Returns for how long requests were in progress. */
  const slowly = (milliseconds: number, takes: number, key = 'a') => {
    let inProgress = 0;
    let [timesOutAt, endsAt] = [Infinity, Infinity];
    for (let waited = 0; waited < milliseconds; waited += 50) {
      clock.now += 50;
      if (endsAt < Infinity) inProgress += 50;
      if (clock.now >= endsAt) {
        timesOutAt = endsAt = Infinity;
        probed('ok', key);
      } else if (clock.now >= timesOutAt) {
        timesOutAt += DEFAULT_PROBE_RULES.timeoutMs;
        overdue(key);
      }
      for (const effect of apply({ type: 'tick' })) {
        if (effect.type !== 'probe') continue;
        if (effect.by === 'connect') connected('ok', key);
        else {
          endsAt = clock.now + takes;
          timesOutAt = clock.now + DEFAULT_PROBE_RULES.timeoutMs;
        }
      }
    }
    return inProgress;
  };
  const status = (key = 'a') => table.get(key)?.status;
  return {
    table,
    clock,
    connected,
    served,
    watch,
    hang,
    status,
    types,
    heard,
    told,
    probed,
    overdue,
    slowly,
    pass,
    routable,
  };
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
  const restored = (fields: Record<string, unknown>) => {
    const statement = { announcement: announcement(fields), left: false };
    return types({ type: 'relayed', statement, isRestored: true });
  };
  const departed = (id: string) => types({ type: 'departed', id, inc: 1 });
  const routed = (prefix: string) => table.routable(prefix).map(({ key }) => key);
  const shown = () => table.all().map(({ key }) => key);
  return { ...rest, table, types, joined, restored, departed, routed, shown };
}
