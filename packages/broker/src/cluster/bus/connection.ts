/** One connection to an engine, of one socket or several. Once it is lost, it is of no use. */
export interface Connection {
  /** Where it leads: the addresses of its servers, separated by commas. */
  readonly server: string;
  /** How long a message may be. */
  readonly maxBytes: number;
  /** Resolves when the engine has accepted the message. */
  publish(subject: string, message: string): Promise<unknown>;
  /** Resolves when the engine has confirmed all subjects. It does no harm to subscribe again. */
  subscribe(subjects: readonly string[]): Promise<unknown>;
  /** Rejects if the connection is lost. */
  unsubscribe(subject: string): Promise<unknown>;
  /** Resolves when each of its servers has answered. */
  ping(): Promise<unknown>;
  /** Resolves when no socket is left. What is in flight is rejected, and nothing is reported any more. */
  destroy(): Promise<void>;
}

export interface ConnectionHandlers {
  onMessage(subject: string, message: string): void;
  /**
   * The connection is lost, after it was open.
   * @param reason has no secret
   */
  onLost(reason: string): void;
}

/** Connects to an engine. Rejects with a reason that has no secret, and leaves no socket then or when it is aborted. */
export type Connect = (handlers: ConnectionHandlers, signal: AbortSignal) => Promise<Connection>;
