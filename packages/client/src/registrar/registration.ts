import type { Announcement, AnnouncementChange } from '@rollcall/protocol';

/** An instance that is announced. Made by {@link register}. */
export interface Registration {
  /** The latest announcement, in canonical form. */
  readonly announcement: Announcement;
  /** Resolves when a broker has accepted the announcement for the first time. */
  readonly registered: Promise<void>;
  /**
   * Announces a change, and resolves when a broker has accepted it. Fields that are not given stay. Before the
   * instance is registered, the change becomes part of its first announcement.
   *
   * @example
   * await registration.update({ weight: 50 });
   *
   * @throws RollcallError as {@link register} does, and ROLLCALL_ANNOUNCEMENT if it is leaving
   */
  update(change: AnnouncementChange): Promise<void>;
  /**
   * Publishes `exit` at every broker, and resolves when one has accepted it and {@link LEAVE_WINDOW_MS} have passed. The
   * others have half a second more. The
   * service has to be served until then, and receives no requests afterwards. A further call returns the same
   * promise while it is pending or has resolved; after a failure it tries again. An instance that is not
   * registered has nothing to withdraw: it stops trying.
   *
   * @throws RollcallError ROLLCALL_BROKER_UNREACHABLE or ROLLCALL_BROKER_REFUSED
   */
  leave(): Promise<void>;
}
