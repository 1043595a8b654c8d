import type { Explanation } from '@rollcall/gateway';
import { ask } from './cluster.ts';
import type { RunningGateway } from './cluster.ts';

/** Fetches a gateway's explanation of a path. */
export async function explained({ adminUrl }: RunningGateway, path: string): Promise<Explanation> {
  const { body } = await ask(`${adminUrl}/api/explain?path=${encodeURIComponent(path)}`);
  return JSON.parse(body) as Explanation;
}

/** Ports of the instances of a path that are healthy at a gateway. */
export async function portsUp(gateway: RunningGateway, path: string): Promise<number[]> {
  const { instances } = await explained(gateway, path);
  return instances
    .filter(({ status }) => status === 'healthy')
    .map(({ announcement }) => announcement.port);
}

/** The number of instances of a path that are healthy at a gateway. */
export async function countUp(gateway: RunningGateway, path: string): Promise<number> {
  return (await portsUp(gateway, path)).length;
}
