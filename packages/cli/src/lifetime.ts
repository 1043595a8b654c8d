/** What a long-running command is told by its parent, or tells it: where it listens. */
export interface Listening {
  readonly host: string;
  readonly port: number;
  /** Of a gateway. */
  readonly adminUrl?: string;
}

/**
 * Tells `rollcall up`, if that is who started us, that this program serves, and ends with it: by
 * SIGKILL it cannot stop us itself, but the channel between us closes.
 */
export function tellParent({ host, port, adminUrl }: Listening): void {
  if (process.send === undefined) return;
  process.once('disconnect', endAsBySignal);
  if (process.connected) process.send({ host, port, adminUrl });
  else endAsBySignal();
}

function endAsBySignal(): void {
  process.kill(process.pid, 'SIGTERM');
}

/**
 * Ends the process by SIGINT, SIGTERM or another signal: closes first. A second signal ends it at once.
 * @param others by default SIGHUP: the terminal has gone
 */
export function closeOnSignal(
  close: () => Promise<void>,
  others: readonly NodeJS.Signals[] = ['SIGHUP'],
): void {
  let closing = false;
  const onSignal = (): void => {
    if (closing) process.exit(1);
    closing = true;
    close().then(
      () => process.exit(0),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  };
  for (const signal of ['SIGINT', 'SIGTERM', ...others] as const) process.on(signal, onSignal);
}
