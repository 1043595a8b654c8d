/**
 * Carries messages between the nodes of a cluster. It knows nothing of their meaning.
 * A subject has letters, digits, `-`, `_` and `.`; a message is any well-formed text of up to 1 MiB in UTF-8.
 */
export interface Bus {
  /** Where its link leads, such as 10.0.0.5:6379; undefined while it is not connected. */
  readonly server: string | undefined;
  /**
   * Publishes a message. Resolves when the engine has accepted it: it then reaches every node that listens and is connected.
   * Rejects with UnavailableError otherwise: at once while the link is down, and within 2 s if the engine does not answer. The
   * message may have been delivered all the same, and later than messages that were accepted after it. It is never sent twice.
   * Rejects with RangeError if the message is longer than the engine carries.
   * Messages of one node to one subject arrive in the order of the calls.
   */
  publish(subject: string, message: string): Promise<void>;
  /**
   * Listens to a subject from now on, also after the link was down. Resolves when the engine has confirmed it: no message is
   * missed from then on while the link is up. While the link is down it stays pending. It also resolves when it is withdrawn,
   * by `unlisten` or `close`. A node receives its own messages too.
   */
  listen(subject: string): Promise<void>;
  /** No message of the subject is received from now on. */
  unlisten(subject: string): void;
  /** Resolves when no timer and no socket is left. No handler is called from now on. */
  close(): Promise<void>;
}

export interface BusHandlers {
  onMessage(subject: string, message: string): void;
  /**
   * The link was established, and all subjects are listened to again; or it was lost. A link is down at first. `false` comes
   * again when there is another reason why it is down. The reason is for the log, and holds no secret.
   * Messages may arrive before the link is reported as established.
   */
  onLink(isUp: boolean, reason: string): void;
}
