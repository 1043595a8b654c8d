import type { ConnectionView } from '@rollcall/broker';
import type { JSX } from 'preact';
import { formatSpan } from '../model/time.ts';
import { FilteredList } from './filtered-list.tsx';
import { Untrusted } from './untrusted.tsx';

interface ConnectionsProps {
  readonly appId: string;
  readonly hasPeers: boolean;
  /** The broker's clock. */
  readonly now: number;
}

/** The connections of this node, the newest first. */
export function Connections({ appId, hasPeers, now }: ConnectionsProps): JSX.Element {
  return (
    <FilteredList<ConnectionView>
      path={`api/apps/${appId}/connections`}
      noun="connections"
      placeholder="Filter by socket id or user"
      {...(hasPeers && { hint: 'of this node' })}
      columns={['socket id', 'user', 'channels', 'open for', 'unread']}
      row={({ socketId, userId, channels, since, unreadBytes }) => (
        <tr key={socketId}>
          <th scope="row">
            <Untrusted class="mono" text={socketId} />
          </th>
          <td data-label="user">
            <Untrusted class="mono" text={userId ?? '–'} />
          </td>
          <td class="number" data-label="channels">
            {channels.toLocaleString('en')}
          </td>
          <td class="number" data-label="open for">
            {formatSpan(now - since)}
          </td>
          <td class="number" data-label="unread">
            {unreadBytes.toLocaleString('en')} B
          </td>
        </tr>
      )}
    />
  );
}
