import { urlHost } from '@rollcall/client';
import type { Instance } from '@rollcall/client';
import { instanceState } from '@rollcall/protocol';
import { formatTable } from '../terminal/table.ts';

/**
 * `rollcall watch` in a terminal: a table of the instances, and the latest events below it, the latest first.
 *
 * @param events one line each, the latest last
 */
export function screenLines(
  server: string,
  instances: readonly Instance[],
  events: readonly string[],
): string[] {
  const rows = instances.map((instance) => {
    const { prefix, address, port, name = '-', id = '-' } = instance.announcement;
    return [prefix || '/', `${urlHost(address)}:${port}`, name, instanceState(instance), id];
  });
  const table = formatTable(['PREFIX', 'ADDRESS', 'NAME', 'STATE', 'ID'], rows).split('\n');
  return [`${server}  ${instances.length} instances`, '', ...table, '', ...events.toReversed()];
}
