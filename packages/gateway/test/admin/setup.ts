import { EventEmitter } from 'node:events';
import { isChange, Journal, Observer } from '@rollcall/protocol';
import type { Reaction } from '@rollcall/protocol';
import { silentLogger } from '@rollcall/runtime';
import { Access } from '../../src/admin/access.ts';
import type { AccessSettings } from '../../src/admin/access.ts';
import { AuditLog } from '../../src/audit/audit-log.ts';
import { adminApp } from '../../src/admin/app.ts';
import { InstanceStates } from '../../src/traffic/instance-states.ts';
import { dryRun } from '../../src/routing/dry-run.ts';
import type { RoutingConfig } from '../../src/settings/config.ts';
import { dataPlaneSettings } from '../data-plane-settings.ts';
import type { AdminDirectory } from '../../src/admin/admin-directory.ts';
import type { AdminAppOptions } from '../../src/admin/app.ts';
import { DRY_SERVICES } from '../filters/filter-services.ts';

export const EPOCH = 1_700_000_000_000;
export const TOKEN = 'a-token-of-enough-length';

/** Who may use an admin API. */
export function access(settings: Partial<AccessSettings> = {}, isLocal = true): Access {
  return new Access({
    isLocal,
    settings: { adminTokens: {}, trustedProxies: [], ...settings },
    logger: silentLogger,
    now: () => EPOCH,
  });
}

/** The admin API over an observer without a channel: what comes, and when, is the test's to say. */
export function setup(options: Partial<AdminAppOptions> = {}, routing: RoutingConfig = {}) {
  const journal = new Journal();
  let nonces = 0;
  const nonce = (): string => `n${nonces++}`;
  const observer = new Observer({ probes: 'always', answers: true, nonce, journal });
  const { table } = observer;
  const events = new EventEmitter();
  const state = { now: 0, isConnected: true, brokers: ['127.0.0.1:6001'] };
  function react({ effects }: Reaction): void {
    for (const effect of effects) {
      if (effect.type === 'conflict') events.emit('conflict', effect.instance, effect.announcement);
      if (effect.type === 'prefix-forgotten') events.emit(effect.type, effect.prefix, effect.why);
      if (isChange(effect)) events.emit('change', effect);
    }
  }
  const directory: AdminDirectory = {
    on: events.on.bind(events) as unknown as AdminDirectory['on'],
    get isConnected() {
      return state.isConnected;
    },
    brokers: () => state.brokers.map((name) => ({ name, isConnected: state.isConnected })),
    knows: (prefix) => table.knows(prefix),
    prefixes: () => table.prefixes(),
    instances: (prefix) => (prefix === undefined ? table.all() : table.instances(prefix)),
    routable: (prefix) => table.routable(prefix),
    presence: (key) =>
      directory
        .brokers()
        .map((each, number) => ({ ...each, presence: table.sighting(key, number) ?? 'unknown' })),
    peers: () => observer.peers.all(state.now),
    drain: (key, isDrained) =>
      react(observer.learn({ type: isDrained ? 'drained' : 'undrained', key }, state.now)),
    forget: (key) => react(observer.learn({ type: 'dismissed', key }, state.now)),
    forgetPrefix: (prefix) =>
      react(observer.learn({ type: 'prefix-dismissed', prefix }, state.now)),
  };
  const states = new InstanceStates({
    directory,
    now: () => state.now,
    epoch: () => EPOCH,
  });
  const audit = new AuditLog({ logger: silentLogger, now: () => EPOCH + state.now });
  const app = adminApp({
    gateway: {
      name: 'rollcall-1',
      url: 'http://127.0.0.1:1500',
      domain: 'localhost:1500',
      server: '127.0.0.1:6001',
      channel: 'mapped-discovery',
      startedAt: EPOCH,
    },
    access: access({ adminToken: TOKEN }),
    audit,
    directory,
    states,
    journal,
    dryRun: (request) =>
      dryRun(request, {
        table: directory,
        settings: dataPlaneSettings(routing).routing,
        services: DRY_SERVICES,
        proxy: {},
        pseudonym: 'rollcall-1',
      }),
    now: () => state.now,
    epoch: () => EPOCH,
    ...options,
  });
  return {
    app,
    audit,
    observer,
    journal,
    state,
    events,
    say: (event: 'register' | 'exit' | 'rollcall', id: string, fields: object = {}): void => {
      const place = { prefix: '/v1', address: '10.0.0.1', port: 1, id, inc: 1, ...fields };
      react(observer.at(0).receive(event, place, state.now));
    },
    probed: (key: string, verdict: 'ok' | 'refused' | 'failed'): void => {
      react(observer.learn({ type: 'probed', key, verdict, by: 'probe' }, state.now));
    },
    parted: (id: string, inc = 1): void => {
      react(observer.at(0).departed(id, inc, state.now));
    },
    connected: (): void => {
      state.isConnected = true;
      react(observer.at(0).subscribed(state.now));
      events.emit('broker-connected', '127.0.0.1:6001');
      events.emit('connected');
    },
    disconnected: (): void => {
      state.isConnected = false;
      react(observer.at(0).disconnected(state.now));
      events.emit('broker-disconnected', '127.0.0.1:6001', []);
      events.emit('disconnected');
    },
    /** What is answered to a request by a name of loopback. */
    ask: async (
      path: string,
      { method = 'GET', headers = {}, token = '', from = '127.0.0.1' } = {},
    ) => {
      const authorization = token === '' ? {} : { authorization: `Bearer ${token}` };
      const init = { method, headers: { host: 'localhost', ...authorization, ...headers } };
      return app.request(path, init, { incoming: { socket: { remoteAddress: from } } });
    },
  };
}
