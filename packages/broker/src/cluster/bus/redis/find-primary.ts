import type { BusUrl, ServerAddress } from '../bus-url.ts';
import { askServers } from './ask-servers.ts';
import type { RespValue } from './resp-parser.ts';

/** Finds the primary by what most Sentinels say. Rejects with a reason that has no secret. */
export async function findPrimary(url: BusUrl, signal: AbortSignal): Promise<ServerAddress> {
  const { username: _, password, primaryName = '', ...anonymous } = url;
  const question = {
    command: ['SENTINEL', 'GET-MASTER-ADDR-BY-NAME', primaryName],
    parse: parsePrimary,
    key: ({ host, port }: ServerAddress) => `${host}:${port}`,
  };
  const ask = (as: BusUrl) => askServers(as, url.servers, question, signal);
  // Most Sentinels have no password, and refuse one.
  const primary = await ask(anonymous).catch((error: unknown) => {
    const asksForOne = error instanceof Error && error.message.includes('NOAUTH');
    if (!asksForOne || password === undefined) throw error;
    return ask(url);
  });
  if (primary === undefined) throw new Error(`the Sentinels know no primary named ${primaryName}`);
  return primary;
}

function parsePrimary(reply: RespValue): ServerAddress | undefined {
  const [host, port] = Array.isArray(reply) ? reply : [];
  return typeof host === 'string' ? { host, port: Number(port) } : undefined;
}
