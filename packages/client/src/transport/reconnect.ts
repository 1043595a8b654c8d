/** The part of pusher-js's connection manager that is used here. */
export interface Reconnectable {
  readonly state: string;
  connect(): void;
  disconnect(): void;
}

const CHECK_EVERY_MS = 500;
/** Time for TLS and the handshake on a slow link, once the server accepts connections. */
const ATTEMPT_MS = 5000;

/**
 * Reconnects as soon as the server accepts connections again. pusher-js alone waits 15, 30 and then 60 s between
 * attempts, and gives up for good after some close codes. While not connected, this tries twice a second whether
 * the server accepts a TCP connection, and restarts pusher-js's attempt if it does. It tries TCP first because a
 * refused attempt of pusher-js looks like one in progress: restarting without knowing would cut off every
 * attempt on a link that is slower than the check.
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
    // Jitter, so that a thousand observers that lost one broker do not reconnect in step.
    return setTimeout(() => void check(), CHECK_EVERY_MS * (0.5 + random()));
  }

  async function check(): Promise<void> {
    // The attempt succeeded. If the connection is lost soon after, there is nothing to wait for.
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
