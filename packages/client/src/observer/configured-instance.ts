import type { Announcement } from '@rollcall/protocol';

/** An instance that is named by a configuration. */
export interface ConfiguredInstance extends Pick<
  Announcement,
  | 'address'
  | 'port'
  | 'scheme'
  | 'tls'
  | 'health'
  | 'name'
  | 'version'
  | 'source'
  | 'zone'
  | 'weight'
> {
  /** The URL that the configuration names. Several instances may have one, whose host is a DNS name. */
  readonly url: string;
}
