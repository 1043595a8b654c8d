import type { Owned } from '@rollcall/protocol';
import { checkSize } from './registrar/check-announcement.ts';
import { ownerIdentity } from './transport/presence.ts';
import type { ConnectionConfig } from './transport/registry-config.ts';
import { channelKey } from './transport/seal.ts';
import { serverSdk } from './transport/sdk.ts';
import { ownerPublisher } from './transport/access-of.ts';
import type { Authorization, OwnerAccess, Subscription } from './transport/owner-access.ts';

/** What an auth server does at a broker with the app's secret. It does not judge what it is asked for. */
export interface BrokerAuthority {
  /**
   * @param announcement with what an owner joins the presence channel of its instance
   * @throws RollcallError ROLLCALL_ANNOUNCEMENT if that is too large for a member
   */
  authorize(
    subscription: Pick<Subscription, 'socketId' | 'channelName'>,
    announcement?: Owned,
  ): Authorization;
  /** Rejects with ROLLCALL_BROKER_UNREACHABLE or ROLLCALL_BROKER_REFUSED. */
  readonly publish: OwnerAccess['publish'];
  /** Closes its connections. */
  close(): void;
}

/** Opens the authority over one broker of a registry. */
export function openBrokerAuthority(connection: ConnectionConfig): BrokerAuthority {
  const sdk = serverSdk(connection);
  const { masterKey } = connection;
  return {
    ...ownerPublisher(connection),
    authorize({ socketId, channelName }, announcement) {
      if (announcement !== undefined) checkSize(connection, 'presence', announcement);
      const identity = announcement && ownerIdentity(connection, announcement);
      const authorization = sdk.authorizeChannel(socketId, channelName, identity);
      if (masterKey === undefined) return authorization;
      const key = Buffer.from(channelKey(channelName, masterKey)).toString('base64');
      return { ...authorization, shared_secret: key };
    },
  };
}
