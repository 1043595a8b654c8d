import { endWithParent } from '@rollcall/runtime';

/** Where a program listens. */
export interface Listening {
  readonly host: string;
  readonly port: number;
  readonly url: string;
  /** Of its admin API, if it has one. */
  readonly adminUrl?: string | undefined;
}

/** Reports to `rollcall up`, if that has started this process, where it listens; and ends with it. */
export function reportListening({ host, port, url, adminUrl }: Listening): void {
  endWithParent();
  if (process.connected) process.send?.({ host, port, url, adminUrl });
}
