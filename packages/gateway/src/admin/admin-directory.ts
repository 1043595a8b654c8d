import type { Directory } from '@rollcall/client';

/** What the admin API needs of a directory. */
export type AdminDirectory = Pick<
  Directory,
  | 'on'
  | 'isConnected'
  | 'brokers'
  | 'knows'
  | 'prefixes'
  | 'instances'
  | 'routable'
  | 'peers'
  | 'presence'
  | 'drain'
  | 'forget'
  | 'forgetPrefix'
>;
