import type { Explanation } from '@rollcall/gateway';
import { ask } from './cluster.ts';
import type { RunningGateway } from './cluster.ts';

/** What a gateway says of a path: who is there and why. */
export async function explained({ adminUrl }: RunningGateway, path: string): Promise<Explanation> {
  const { body } = await ask(`${adminUrl}/api/explain?path=${encodeURIComponent(path)}`);
  return JSON.parse(body) as Explanation;
}

/** The ports of those instances of a path that a gateway has seen to be well. */
export async function portsUp(gateway: RunningGateway, path: string): Promise<number[]> {
  const { instances } = await explained(gateway, path);
  return instances
    .filter(({ status }) => status === 'healthy')
    .map(({ announcement }) => announcement.port);
}

/** How many they are. */
export async function countUp(gateway: RunningGateway, path: string): Promise<number> {
  return (await portsUp(gateway, path)).length;
}
