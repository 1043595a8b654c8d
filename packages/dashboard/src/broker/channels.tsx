import type { ChannelView, ListView, MemberView } from '@rollcall/broker';
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { usePolled } from '../view/use-polled.ts';
import { FilteredList } from './filtered-list.tsx';
import { Untrusted } from './untrusted.tsx';

interface ChannelsProps {
  readonly appId: string;
  readonly hasPeers: boolean;
}

/** The channels with subscribers, on all nodes. */
export function Channels({ appId, hasPeers }: ChannelsProps): JSX.Element {
  const columns = [
    'channel',
    'kind',
    'subscriptions',
    ...(hasPeers ? ['this node'] : []),
    'members',
  ];
  const [open, setOpen] = useState<string | undefined>();
  const path = `api/apps/${appId}/channels`;
  return (
    <FilteredList<ChannelView>
      path={path}
      noun="channels"
      placeholder="Filter channels"
      columns={columns}
      row={(channel) => {
        const { name, kind, isCached, subscriptions, ownSubscriptions, members } = channel;
        const isOpen = open === name;
        return (
          <>
            <tr key={name}>
              <th scope="row">
                <Untrusted class="mono" text={name} />
              </th>
              <td>
                {kind}
                {isCached && ', cache'}
              </td>
              <td class="number" data-label="subscriptions">
                {subscriptions.toLocaleString('en')}
              </td>
              {hasPeers && (
                <td class="number" data-label="this node">
                  {ownSubscriptions.toLocaleString('en')}
                </td>
              )}
              <td class="number" data-label="members">
                {kind === 'presence' ? (
                  <button
                    type="button"
                    aria-expanded={isOpen}
                    aria-label={`Members of ${name}`}
                    onClick={() => setOpen(isOpen ? undefined : name)}
                  >
                    {members.toLocaleString('en')} {isOpen ? '▴' : '▾'}
                  </button>
                ) : (
                  '–'
                )}
              </td>
            </tr>
            {isOpen && (
              <tr key={`${name} members`}>
                <td colSpan={columns.length}>
                  <Members path={`${path}/${encodeURIComponent(name)}/members`} />
                </td>
              </tr>
            )}
          </>
        );
      }}
    />
  );
}

function Members({ path }: { readonly path: string }): JSX.Element {
  const { data, error } = usePolled<ListView<MemberView>>(path);
  if (error !== undefined) return <p class="bad">{error.message}</p>;
  return (
    <ul class="members" aria-label="Members">
      {data?.items.map(({ userId, userInfoJson }) => (
        <li key={userId}>
          <Untrusted class="mono" text={userId} />{' '}
          <Untrusted class="mono muted" text={userInfoJson === 'null' ? '' : userInfoJson} />
        </li>
      ))}
      {data?.items.length === 0 && <li class="muted">no members any more</li>}
    </ul>
  );
}
