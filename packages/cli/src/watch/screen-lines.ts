import { urlHost } from '@rollcall/client';
import type { Instance } from '@rollcall/client';
import { STATE_WORDS } from '../terminal/state-words.ts';
import { formatTable } from '../terminal/table.ts';

/**
 * `rollcall watch` in a terminal: a table of the instances, and the latest events below it, the latest first.
 *
 * @param events lines in the order they events
 */
export function screenLines(
  server: string,
  instances: readonly Instance[],
  events: readonly string[],
): string[] {
  const rows = instances.map(({ announcement, status, isDrained = false }) => {
    const { prefix, address, port, name = '-', id = '-' } = announcement;
    const state = isDrained || announcement.draining === true ? 'draining' : STATE_WORDS[status];
    return [prefix || '/', `${urlHost(address)}:${port}`, name, state, id];
  });
  const table = formatTable(['PREFIX', 'ADDRESS', 'NAME', 'STATE', 'ID'], rows).split('\n');
  return [`${server}  ${instances.length} instances`, '', ...table, '', ...events.toReversed()];
}
