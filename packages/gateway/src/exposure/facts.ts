import type { RegistryConfig } from '@rollcall/client';
import type { Announcement } from '@rollcall/protocol';
import type { AuditState } from '../audit/audit-log.ts';
import type { ResolvedConfig } from '../settings/config.ts';

/** A deployment, as far as a program knows it. */
export interface ExposureFacts {
  /** Where the registry is, and with which credentials. */
  readonly registry: Pick<RegistryConfig, 'brokers' | 'channels'>;
  /** What instances announce. */
  readonly announcements: readonly Announcement[];
  /** The addresses of this machine, besides loopback. */
  readonly ownAddresses: readonly string[];
  /** Milliseconds since 1970. */
  readonly now: number;
  /** What only a gateway knows. Default: the facts are those of another program. */
  readonly gateway?: ExposedGateway;
}

/** What only a gateway knows of a deployment. */
export interface ExposedGateway {
  /** The settings that expose it. */
  readonly config: Pick<
    ResolvedConfig,
    | 'host'
    | 'tls'
    | 'trustedProxies'
    | 'adminHost'
    | 'adminToken'
    | 'adminTokens'
    | 'owners'
    | 'unowned'
    | 'ownership'
  >;
  /** Whether its audit log outlives it. */
  readonly audit: AuditState;
  /** How many instances would be refused if ownership was enforced. */
  readonly unproven: number;
}
