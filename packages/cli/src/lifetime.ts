/** What a long-running command is told by its parent, or tells it: where it listens. */
export interface Listening {
  readonly host: string;
  readonly port: number;
}

/** Tells `rollcall up`, if that is who started us, that this program serves. */
export function tellParent({ host, port }: Listening): void {
  process.send?.({ host, port } satisfies Listening);
}

/** Ends the process by SIGINT, SIGTERM or SIGHUP: closes first. A second signal ends it at once. */
export function closeOnSignal(close: () => Promise<void>): void {
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
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
}
