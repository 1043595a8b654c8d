/** What this needs of pusher-js's connection manager. */
export interface Reconnectable {
  readonly state: string;
  connect(): void;
  disconnect(): void;
}

const CHECK_EVERY_MS = 500;
/** Time for TLS and the handshake on a slow link, once somebody was seen to listen. */
const ATTEMPT_MS = 5000;

/**
 * pusher-js waits 15, 30 and then 60 s between attempts, and gives up for good after some close
 * codes. This asks twice a second, while not connected, whether anybody listens there, and starts
 * the connection anew as soon as somebody does. A plain TCP connection is asked first because an
 * attempt of pusher-js that was refused looks like one still under way, and restarting it blindly
 * would cut off every attempt on a link slower than the check.
 */
export function keepConnected(
  connection: Reconnectable,
  isListening: () => Promise<boolean>,
  random: () => number = Math.random,
): { stop: () => void; reconnectSoon: () => void } {
  let stopped = false;
  let wanted = false;
  let attemptEnds = 0;
  let timer = schedule();

  function schedule(): NodeJS.Timeout {
    // Jitter: a thousand observers that lost one broker shall not come back in step.
    return setTimeout(() => void check(), CHECK_EVERY_MS * (0.5 + random()));
  }

  async function check(): Promise<void> {
    // An attempt that came through is over: if it is lost soon after, there is nothing to wait for.
    if (connection.state === 'connected') attemptEnds = 0;
    const resting = connection.state !== 'connected' && performance.now() >= attemptEnds;
    if ((wanted || resting) && (await isListening()) && !stopped) restart();
    if (!stopped) timer = schedule();
  }

  function restart(): void {
    if (connection.state === 'connected' && !wanted) return;
    wanted = false;
    attemptEnds = performance.now() + ATTEMPT_MS;
    connection.disconnect();
    connection.connect();
  }

  return {
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
    reconnectSoon() {
      wanted = true;
    },
  };
}
