import { RespConnection } from '../../../src/cluster/bus/redis/resp-connection.ts';
import type { RespValue } from '../../../src/cluster/bus/redis/resp-parser.ts';

/** Runs one command at a server of this machine. */
export async function redisCommand(
  port: number,
  command: readonly string[],
  password?: string,
): Promise<RespValue> {
  const server = { host: '127.0.0.1', port };
  const connection = await RespConnection.open(
    {
      engine: 'redis',
      isSecure: false,
      servers: [server],
      ...(password !== undefined && { password }),
    },
    server,
    { onMessage: () => {}, onLost: () => {} },
    new AbortController().signal,
  );
  try {
    return await connection.command(...command);
  } finally {
    await connection.destroy();
  }
}
