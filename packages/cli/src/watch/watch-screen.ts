import type { Instance } from '@rollcall/client';
import { instanceState, urlHost } from '@rollcall/protocol';
import { counted } from '../terminal/counted.ts';
import { textOf, withText, wrap } from '../terminal/line.ts';
import type { Line, Span } from '../terminal/line.ts';
import type { Page, Size } from '../terminal/screen.ts';
import { shortId } from '../terminal/short-id.ts';
import { stateSpan } from '../terminal/state.ts';
import { tableOf } from '../terminal/table.ts';

/** Where a long event continues in the next line. */
const INDENT = 10;
const TITLES = ['PREFIX', 'ADDRESS', 'NAME', 'STATE', 'ID'];
const KEYS: Line = [{ text: 'arrows scroll, q quits', style: 'gray' }];

/**
 * `rollcall watch` in a terminal: a table of the instances, and the latest events below it, the latest first. The events
 * have the room that the table leaves, but at least a third of it.
 *
 * @param events one each, the latest last
 */
export function watchPage(
  server: string,
  instances: readonly Instance[],
  events: readonly Span[],
): (size: Size) => Page {
  const [titles = [], ...body] = tableOf(TITLES, instances.map(rowOf));
  const head = [[`${server}  ${counted(instances.length, 'instance')}`], [], titles];
  return ({ rows, columns }) => {
    const room = rows - head.length - 3;
    const space = Math.max(room - body.length, Math.floor(room / 3), 1);
    const lines = events
      .toReversed()
      .flatMap((event) =>
        wrap(textOf(event), columns, INDENT).map((text) => withText(event, text)),
      );
    const shown = lines.slice(0, space).map((line): Line => [line]);
    return { head, body, foot: [[], ...shown, [], KEYS] };
  };
}

function rowOf(instance: Instance): Line {
  const { prefix, address, port, name = '-', id = '-' } = instance.announcement;
  const state = stateSpan(instanceState(instance));
  return [prefix || '/', `${urlHost(address)}:${port}`, name, state, shortId(id)];
}
