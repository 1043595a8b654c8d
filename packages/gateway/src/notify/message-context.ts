/** How many instances of a prefix receive traffic. */
interface Share {
  readonly receiving: number;
  readonly instances: number;
}

/** What messages have besides their events. */
export interface MessageContext {
  /** The name of the gateway. */
  readonly gateway: string;
  /** The URL of a dashboard. */
  readonly link: string | undefined;
  readonly shareOf: (prefix: string) => Share;
}
