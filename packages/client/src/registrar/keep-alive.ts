import type { Owner } from '@rollcall/protocol';
import type { OwnerConnection } from '../transport/registry-config.ts';

/** The waits after announcements that failed double from the first to the last. */
export const RETRY_MS = 1000;
export const MAX_RETRY_MS = 30_000;

/** Keeps an instance known to the observers at a broker after it was announced: by presence or by a lease. */
export interface KeepAlive {
  /** Announces the instance, and tries again until the broker has accepted it. */
  start(): void;
  /** The announcement was changed and published once. */
  changed(): void;
  /** The owner continues as a later run. */
  outbid(): void;
  /** The instance is leaving: publishes nothing more by itself. Observers still see the instance. */
  mute(): void;
  /** Ends it. Connections are closed. */
  stop(): void;
}

export interface KeepAliveContext {
  readonly connection: OwnerConnection;
  readonly owner: Owner;
  /** Publishes the current announcement. */
  readonly announce: () => Promise<void>;
  /** The broker has accepted an announcement for the first time. */
  readonly onAccepted: () => void;
  /** The owner continues as a later run, so that it has to be announced anew at every broker. */
  readonly onOutbid: () => void;
  /** Something failed. It is retried. */
  readonly onFault: (error: Error) => void;
  /** How long the first connection may take before that is reported, in milliseconds. Default: 10 s. */
  readonly joinWithinMs?: number;
  /** Default: `Math.random`. */
  readonly random?: () => number;
}
