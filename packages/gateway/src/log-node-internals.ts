import type { NodeInternals } from '@rollcall/proxy';
import type { Logger } from '@rollcall/runtime';

/** Logs which undocumented parts of Node the proxy found at start: a version without them costs more CPU for each request. */
export function logNodeInternals(found: NodeInternals, logger: Logger): void {
  const missing = Object.entries(found)
    .filter(([, isFound]) => !isFound)
    .map(([name]) => name);
  if (missing.length === 0) {
    logger.debug({ ...found }, 'found the internals of Node that the proxy uses');
    return;
  }
  logger.warn(
    { missing, node: process.version },
    'this version of Node lacks internals that the proxy uses: requests cost more CPU',
  );
}
