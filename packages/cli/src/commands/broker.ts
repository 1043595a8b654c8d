import { createBroker } from '@rollcall/broker';
import { credentialsFromEnvironment, EMBEDDED_PORT } from '@rollcall/client';
import { DEVELOPMENT_APP } from '@rollcall/protocol';
import { closeOnSignal, tellParent } from '../lifetime.ts';
import { listenHost, listenPort } from '../options.ts';

interface BrokerOptions {
  readonly host: string;
  readonly port?: string;
}

/** `rollcall broker` */
export async function runBroker(options: BrokerOptions): Promise<void> {
  const host = listenHost('--host', options.host);
  const port = listenPort(
    [
      ['--port', options.port],
      ['PUSHER_PORT', process.env['PUSHER_PORT']],
    ],
    EMBEDDED_PORT,
  );
  const app = credentialsFromEnvironment(process.env, host);
  const broker = await createBroker({ apps: [app], host, port, log: console.log });
  closeOnSignal(() => broker.close());

  console.log(`broker listens at ${broker.url}`);
  // These credentials are public knowledge; any others are not ours to print.
  const development = `${app.appId} key ${app.key} secret ${app.secret} (development credentials)`;
  console.log(`app ${app.key === DEVELOPMENT_APP.key ? development : app.appId}`);
  tellParent(broker);
}
