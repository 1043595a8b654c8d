import { describeBroker } from '@rollcall/client';
import type { AuthorizedConnection, AuthServer } from '@rollcall/client';
import { errorMessage } from '@rollcall/runtime';
import { check } from './finding.ts';
import type { Finding } from './finding.ts';

/** What a service without the app's secret needs of the network. */
export interface AuthInstruments {
  /** @throws Error if the auth server does not answer, or refuses */
  askAuthServer(server: AuthServer): Promise<readonly AuthorizedConnection[]>;
  /** Why the broker accepts no connection, as an error code; undefined if it does. */
  reachBroker(connection: AuthorizedConnection): Promise<string | undefined>;
}

const authServer = check('auth server');
const broker = check('broker');

/** Examines what a service without the app's secret depends on: it cannot read the registry. */
export async function examineAuthServer(
  instruments: AuthInstruments,
  server: AuthServer,
  report: (finding: Finding) => void,
): Promise<void> {
  let connections: readonly AuthorizedConnection[];
  try {
    connections = await instruments.askAuthServer(server);
  } catch (error) {
    report(
      authServer.fail(
        errorMessage(error),
        'docs/guides/auth-server.md shows how a service and an auth server fit together',
      ),
    );
    return;
  }
  const registry = connections[0]?.channels.registry;
  report(authServer.ok(`${server.authUrl} knows the service key; the registry is ${registry}`));
  for (const connection of connections) {
    const failure = await instruments.reachBroker(connection);
    const where = describeBroker(connection);
    report(
      failure === undefined
        ? broker.ok(`${where} accepts connections`)
        : broker.fail(
            `${where}, which the auth server names, cannot be reached (${failure})`,
            'let this machine connect there, or have the auth server name it otherwise, such as in its PUSHER_HOST',
          ),
    );
  }
}
