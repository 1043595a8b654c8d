import { errorMessage } from '@rollcall/runtime';
import { changedSettings, fixedChanges } from '@rollcall/runtime/settings';
import type { RunningAuthServer } from './auth/auth-server.ts';
import type { Parts } from './parts.ts';
import { resolveConfig } from './settings/config.ts';
import type { GatewayConfig, ResolvedConfig } from './settings/config.ts';
import { ownershipOf } from './settings/owners.ts';
import { GATEWAY_SETTINGS } from './settings/table.ts';
import { configuredServers } from './upstreams/configured-servers.ts';

/** Changes the configuration of a running gateway, and records each attempt in the audit log. */
export class Reconfiguration {
  readonly #parts: Parts;
  readonly #auth: RunningAuthServer | undefined;
  #current: ResolvedConfig;

  constructor(parts: Parts, auth: RunningAuthServer | undefined) {
    this.#parts = parts;
    this.#auth = auth;
    this.#current = parts.config;
  }

  /** The configuration now. Settings that do not reload take effect at the next start only. */
  get current(): ResolvedConfig {
    return this.#current;
  }

  /** See {@link Gateway.configure}. */
  run(config: GatewayConfig | (() => GatewayConfig), file: string | undefined): string[] {
    const { audit } = this.#parts;
    const record = { action: 'reload', target: file === undefined ? {} : { file } } as const;
    try {
      const before = this.#current;
      const next = this.#apply(typeof config === 'function' ? config() : config);
      const settings = changedSettings(GATEWAY_SETTINGS, before, next);
      const needRestart = fixedChanges(GATEWAY_SETTINGS, this.#parts.config, next);
      audit.record({ ...record, result: 'accepted', settings, needRestart });
      return needRestart;
    } catch (error) {
      audit.record({ ...record, result: 'refused', reason: errorMessage(error) });
      throw error;
    }
  }

  #apply(config: GatewayConfig): ResolvedConfig {
    const { directory, upstreams, plane, notifier, access } = this.#parts;
    const next = resolveConfig(config);
    directory.setOwnership(ownershipOf(next));
    upstreams.configure(configuredServers(next), () => plane.configure(next));
    notifier.configure(next);
    access.configure(next);
    if (next.auth !== undefined) this.#auth?.configure({ ...next, auth: next.auth });
    this.#current = next;
    return next;
  }
}
