import type { StatusView } from '@rollcall/gateway';
import type { JSX } from 'preact';
import { describePeer } from '../model/peer.ts';
import { formatSpan } from '../model/time.ts';
import { MarkedItem } from './marked-item.tsx';

/** The gateways of the registry, and whether their tables agree. */
export function Gateways({
  status,
  now,
}: {
  readonly status: StatusView;
  readonly now: number;
}): JSX.Element {
  const { gateway, peers } = status;
  return (
    <section class="gateways" aria-labelledby="gateways">
      <h2 id="gateways">Gateways</h2>
      <ul>
        <MarkedItem
          name={gateway.name}
          tone="good"
          text={`this gateway, started ${formatSpan(now - gateway.startedAt)} ago; serves ${gateway.domain}`}
        />
        {peers.map((peer) => {
          const described = describePeer(peer, now);
          return <MarkedItem key={described.name} {...described} />;
        })}
      </ul>
      {peers.length === 0 && (
        <p class="muted">No other gateway found. It can take five minutes to find one.</p>
      )}
    </section>
  );
}
