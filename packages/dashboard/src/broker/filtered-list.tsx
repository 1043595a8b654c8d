import type { ListView } from '@rollcall/broker';
import type { ComponentChildren, JSX } from 'preact';
import { useState } from 'preact/hooks';
import { usePolled } from '../view/use-polled.ts';
import { useSettled } from './use-settled.ts';

interface FilteredListProps<T> {
  /** Of the admin API. */
  readonly path: string;
  /** What the items are, such as `channels`. */
  readonly noun: string;
  readonly placeholder: string;
  readonly hint?: string;
  readonly columns: readonly string[];
  readonly row: (item: T) => ComponentChildren;
}

/** A table of a list of the admin API, with a filter that the broker applies. */
export function FilteredList<T>(props: FilteredListProps<T>): JSX.Element {
  const { path, noun, placeholder, hint, columns, row } = props;
  const [text, setText] = useState('');
  const settled = useSettled(text);
  const { data, error } = usePolled<ListView<T>>(`${path}?text=${encodeURIComponent(settled)}`);
  return (
    <div class="panel">
      <div class="controls">
        <input
          type="search"
          placeholder={placeholder}
          aria-label={placeholder}
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
        />
        <p class="muted">
          {data !== undefined && summary(data, noun)}
          {hint !== undefined && ` · ${hint}`}
        </p>
      </div>
      {error !== undefined && <p class="bad padded">{error.message}</p>}
      {data !== undefined && data.items.length > 0 && (
        <div class="scroll">
          <table>
            <thead>
              <tr>
                {columns.map((column) => (
                  <th key={column} scope="col">
                    {column}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>{data.items.map(row)}</tbody>
          </table>
        </div>
      )}
    </div>
  );
}

function summary({ items, total }: ListView<unknown>, noun: string): string {
  if (total === 0) return `no ${noun}`;
  const all = `${total.toLocaleString('en')} ${total === 1 ? noun.replace(/s$/, '') : noun}`;
  return items.length < total ? `${items.length} of ${all}` : all;
}
