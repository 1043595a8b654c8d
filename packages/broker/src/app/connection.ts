/** One client as an app knows it. The app does not know what carries the frames. */
export interface Connection {
  /** Unique in all nodes; matches `^\d+\.\d+$`. */
  readonly socketId: string;
  /** Sends one frame. Never throws. Drops the frame if the connection is closing. */
  send(frame: string): void;
  /**
   * Sends the client the reason and closes the connection. When this returns, the connection has left all channels but
   * those for which the app has not yet answered a call; these it leaves when the answer comes.
   */
  close(code: number, message: string): void;
}
