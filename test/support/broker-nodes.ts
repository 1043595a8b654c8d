import Pusher from 'pusher';
import { client } from '../../packages/broker/test/sdk.ts';
import type { Client } from '../../packages/broker/test/sdk.ts';
import { APP } from './connection.ts';
import { PROGRAMS, Programs } from './processes.ts';
import type { RunningProgram } from './processes.ts';

/** The presence channel of the tests. */
export const ROOM = 'presence-room';

export interface BrokerNode {
  readonly program: RunningProgram;
  readonly host: string;
  readonly port: number;
}

/** A channel of a client. */
interface Channel {
  bind(event: string, callback: (data: never) => void): unknown;
}

/** Nodes of a cluster of brokers as real processes, with clients by the official SDK. */
export class BrokerNodes {
  readonly programs: Programs = new Programs();
  readonly #clients: Client[] = [];

  /** Starts a node. @param bus - as `ROLLCALL_BUS` */
  async start(bus: string): Promise<BrokerNode> {
    const program = this.programs.node(PROGRAMS.cli, ['broker', '--port', '0'], {
      ROLLCALL_BUS: bus,
      PUSHER_APP_ID: APP.appId,
      PUSHER_APP_KEY: APP.key,
      PUSHER_APP_SECRET: APP.secret,
    });
    return { program, ...(await program.listening) };
  }

  connect(node: BrokerNode, userId: string): Client {
    const created = client(node, { userId, key: APP.key, secret: APP.secret });
    this.#clients.push(created);
    return created;
  }

  /** Ends all clients and programs. */
  async end(): Promise<void> {
    for (const each of this.#clients.splice(0)) each.disconnect();
    await this.programs.endAll();
  }
}

/** The official server SDK, pointed at a node. */
export function sdk({ host, port }: BrokerNode): Pusher {
  return new Pusher({ ...APP, host, port: String(port), useTLS: false });
}

/** The ids of the members of the room, as a node reports them. */
export async function membersAt(node: BrokerNode): Promise<string[]> {
  const response = await sdk(node).get({ path: `/channels/${ROOM}/users` });
  const { users } = (await response.json()) as { users: { id: string }[] };
  return users.map(({ id }) => id).toSorted();
}

/** Ids of the members whose leaving a client has received. */
export function removedFrom(channel: Channel): string[] {
  const removed: string[] = [];
  channel.bind('pusher:member_removed', ({ id }: { id: string }) => removed.push(id));
  return removed;
}

/** The data of the events of a name that a client has received. */
export function dataOf(channel: Channel, event: string): number[] {
  const data: number[] = [];
  channel.bind(event, (each: number) => data.push(each));
  return data;
}
