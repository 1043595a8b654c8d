import type { Announcement } from '@rollcall/client';
import { urlHost } from '@rollcall/protocol';
import type { Container } from '../docker/container.ts';
import { judgeContainer, SHORT_ID } from '../docker/judge-container.ts';
import { check } from './finding.ts';
import type { Finding } from './finding.ts';

const containers = check('containers');

/**
 * One finding for each container of this machine's engine that has labels.
 * @param seen the containers, or why the engine cannot be read
 * @param announcements all that are registered
 */
export function judgeContainers(
  seen: readonly Container[] | Error,
  announcements: readonly Announcement[],
  hostAddress: string,
): Finding[] {
  if (seen instanceof Error) return [containers.skip(seen.message)];
  return seen.map((container) => {
    const { id, name } = container;
    const start = `docker-${id.slice(0, SHORT_ID)}`;
    const announced = announcements.filter((each) => each.id?.startsWith(start) === true);
    if (announced.length > 0) return containers.ok(`${name}: ${announced.map(placeOf).join(', ')}`);
    const rules = { hostAddress, host: 'this machine' };
    const { faults, reason } = judgeContainer(container, false, rules);
    if (faults.length > 0)
      return containers.warn(
        `${name} is not announced: ${faults.join('; ')}`,
        'correct its labels, or how it is started',
      );
    if (reason !== undefined)
      return containers.warn(`${name} is not announced: ${reason}`, `see "docker logs ${name}"`);
    return containers.fail(
      `${name} has labels, and is not announced`,
      'run "rollcall docker" on this machine; if it runs, its log says what it waits for',
    );
  });
}

function placeOf({ prefix, address, port }: Announcement): string {
  return `${prefix || '/'} at ${urlHost(address)}:${port}`;
}
