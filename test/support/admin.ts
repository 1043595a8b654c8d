import type { Explanation } from '@rollcall/gateway';
import { ask } from './cluster.ts';
import type { RunningGateway } from './cluster.ts';

/** What a gateway says of a path: who is there and why. */
export async function explained(
  { adminUrl }: Pick<RunningGateway, 'adminUrl'>,
  path: string,
): Promise<Explanation> {
  const { body } = await ask(`${adminUrl}/explain?path=${encodeURIComponent(path)}`);
  return JSON.parse(body) as Explanation;
}

/** How many instances of a path a gateway has seen to be well. */
export async function countUp(
  gateway: Pick<RunningGateway, 'adminUrl'>,
  path: string,
): Promise<number> {
  const { instances } = await explained(gateway, path);
  return instances.filter(({ status }) => status === 'up').length;
}
