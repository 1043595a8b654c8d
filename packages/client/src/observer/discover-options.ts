import type {
  AddressPolicy,
  Journal,
  OwnershipRules,
  ProbeRules,
  Probing,
  TableLimits,
} from '@rollcall/protocol';
import type { Certificate, Logger } from '@rollcall/runtime';
import type { RegistryConfig } from '../transport/registry-config.ts';

/** Who may announce which prefixes, and what becomes of an announcement that does not come from there. */
export interface OwnershipConfig extends OwnershipRules {
  /** Whether it is refused, or accepted and reported, as `unproven`: while the services of a system receive their keys. */
  readonly mode: 'enforce' | 'report';
}

/** Options of `discover()`. */
export interface DiscoverOptions {
  /** The registry. Default: the one in the environment, see {@link registryFromEnv}. */
  readonly registry?: RegistryConfig;
  /**
   * Whether to answer the roll calls of other observers with this table, for programs that run for long, such as
   * a gateway. Default: false.
   */
  readonly answersRollCalls?: boolean;
  /**
   * Which instances are probed: `always` all of them, about once a second; the `suspect` ones, which the
   * transport has lost or to which a request has failed; or `never` any, so that an instance which stays suspect
   * for 10 s is down. Default: `suspect`.
   */
  readonly probes?: Probing;
  /** How instances are probed. Default: every 800 ms, with the other values of {@link ProbeRules}. */
  readonly probeRules?: Partial<ProbeRules>;
  /** How many instances and prefixes the table holds. Default: {@link DEFAULT_TABLE_LIMITS}. */
  readonly tableLimits?: Partial<TableLimits>;
  /** The name of a gateway in its roll calls: 1 to 64 of `A-Za-z0-9_.-`. Default: none. */
  readonly name?: string;
  /** The authorities that sign the certificates of instances which serve TLS, as PEM. Default: the authorities of Node. */
  readonly instanceCa?: string;
  /** A certificate and its key, as PEM, that probes show to instances which ask for one. Default: none. */
  readonly instanceCertificate?: Certificate;
  /** Returns why an announcement is refused, or undefined if it is accepted. Default: all are accepted. */
  readonly policy?: AddressPolicy;
  /** Who may announce which prefixes. Default: every program that can publish may announce each. */
  readonly ownership?: OwnershipConfig;
  /** Records what is received and what it changes. Default: nothing is recorded. */
  readonly journal?: Journal;
  /** How long {@link discover} waits for the first connection, in milliseconds. Default: 10,000. */
  readonly timeoutMs?: number;
  /**
   * Whether a broker that cannot be reached, or refuses, is an error. Default: false. The table is then empty at
   * first, which is reported, and is filled as soon as the broker is reached.
   */
  readonly requireBroker?: boolean;
  /** Receives a warning if the first connection fails, and a line once it is made. Default: process warnings. */
  readonly logger?: Logger;
}
