import type { Owner } from '@rollcall/protocol';
import type { RegistryConfig } from '../transport/connection.ts';

/** How an owner keeps being known to observers: by presence or by a lease. */
export interface Voice {
  /** Resolves when the first announcement was accepted. */
  start(): Promise<void>;
  /** The announcement was changed, and said so once. */
  changed(): void;
  /** Says nothing of its own accord any more, since the owner is leaving. Observers still see it. */
  quiet(): void;
  /** Is gone. */
  stop(): void;
}

export interface VoiceContext {
  readonly connection: RegistryConfig;
  readonly owner: Owner;
  /** Publishes the announcement as it is now. */
  readonly say: () => Promise<void>;
  /** Something that was to be done after the start could not be done. */
  readonly onFault: (error: Error) => void;
  readonly random?: () => number;
}
