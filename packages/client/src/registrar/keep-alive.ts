import type { Owner } from '@rollcall/protocol';
import type { RegistryConfig } from '../transport/registry-config.ts';

/** Keeps an instance known to observers after it was announced: by presence or by a lease. */
export interface KeepAlive {
  /** Announces the instance. Resolves when the broker has accepted the first announcement. */
  start(): Promise<void>;
  /** The announcement was changed and published once. */
  changed(): void;
  /** The instance is leaving: publishes nothing more by itself. Observers still see the instance. */
  mute(): void;
  /** Ends it. Connections are closed. */
  stop(): void;
}

export interface KeepAliveContext {
  readonly registry: RegistryConfig;
  readonly owner: Owner;
  /** Publishes the current announcement. */
  readonly announce: () => Promise<void>;
  /** Something failed after the start. It is retried. */
  readonly onFault: (error: Error) => void;
  /** Default: `Math.random`. */
  readonly random?: () => number;
}
