import type { Announcement } from '@rollcall/protocol';

/** What an owner publishes. */
export type OwnerEvent = 'register' | 'exit';

/** The identity of a member of a presence channel, as it is signed. */
export interface Identity {
  readonly user_id: string;
  readonly user_info?: object;
}

/** A subscription that needs an authorization. */
export interface Subscription {
  /** The broker's id of the connection. */
  readonly socketId: string;
  readonly channelName: string;
  /** What the program is in a presence channel. */
  readonly identity?: Identity | undefined;
}

/** An authorization of a subscription, as Pusher's clients send it on. */
export interface Authorization {
  /** The key of the app, and the signature. */
  readonly auth: string;
  /** The member of a presence channel, as JSON. */
  readonly channel_data?: string;
  /** The key of a channel of an encrypted registry, in base64. */
  readonly shared_secret?: string;
}

/** What an auth server does for an owner that does not have the app's secret. Both reject with a RollcallError. */
export interface OwnerAccess {
  authorize(subscription: Subscription): Promise<Authorization>;
  /** Resolves when the broker has accepted the event. */
  publish(event: OwnerEvent, announcement: Announcement): Promise<void>;
}
