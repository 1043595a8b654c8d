import type { Sighting } from '@rollcall/protocol';

/** A broker of the registry, as an observer finds it. */
export interface BrokerStatus {
  /** Such as `10.0.0.7:6001` or `hosted Pusher (cluster eu)`. */
  readonly name: string;
  /** Whether the channel is subscribed there. */
  readonly isConnected: boolean;
}

/** What a broker of the registry shows of the presence of an instance. */
export interface BrokerPresence extends BrokerStatus {
  /**
   * Whether it is in its presence channel there, has left since the broker was connected, or was not there. `unknown` if the
   * broker is not connected or has yet to say.
   */
  readonly presence: Sighting | 'unknown';
}
