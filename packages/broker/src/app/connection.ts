/** One client as the channels know it. What carries the frames is not their concern. */
export interface Connection {
  /** Unique in the broker; matches `^\d+\.\d+$`. */
  readonly socketId: string;
  /** Sends one frame. Never throws; a connection that is closing drops it. */
  send(frame: string): void;
  /** Tells the client why, and ends: it is in no channel any more when this returns. */
  close(code: number, message: string): void;
}
