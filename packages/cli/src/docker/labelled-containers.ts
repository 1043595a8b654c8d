import { existsSync } from 'node:fs';
import type { Container } from './container.ts';
import { Engine, EngineError } from './engine.ts';
import { DEFAULT_ENGINE, parseEngineAddress } from './engine-address.ts';
import { isLabelled } from './labels.ts';

/**
 * Reads the containers with labels once.
 * @param url of the engine. Default: Docker's socket, if this machine has one
 * @returns why they cannot be read, if they cannot; undefined if this machine has no engine
 * @throws RollcallError ROLLCALL_CONFIG if the URL is invalid
 */
export async function labelledContainers(
  url: string = '',
): Promise<readonly Container[] | EngineError | undefined> {
  const address = parseEngineAddress(url || DEFAULT_ENGINE);
  if (url === '' && 'socketPath' in address && !existsSync(address.socketPath)) return undefined;
  const engine = new Engine(address);
  try {
    const listed = (await engine.list()).filter(({ labels }) => isLabelled(labels));
    const containers = await Promise.all(listed.map(({ id }) => engine.inspect(id)));
    return containers.filter((each) => typeof each === 'object');
  } catch (error) {
    if (error instanceof EngineError) return error;
    throw error;
  }
}
