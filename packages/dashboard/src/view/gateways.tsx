import type { StatusView } from '@rollcall/gateway';
import type { JSX } from 'preact';
import { describePeer } from '../model/peer.ts';
import { formatSpan } from '../model/time.ts';
import { Mark } from './mark.tsx';

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
        <li>
          <Mark tone="good" />
          <div>
            <span class="mono">{gateway.name}</span>
            <p class="muted">
              this gateway, started {formatSpan(now - gateway.startedAt)} ago; serves{' '}
              {gateway.domain}
            </p>
          </div>
        </li>
        {peers.map((peer) => {
          const { name, tone, text } = describePeer(peer, now);
          return (
            <li key={name}>
              <Mark tone={tone} />
              <div>
                <span class="mono">{name}</span>
                <p class="muted">{text}</p>
              </div>
            </li>
          );
        })}
      </ul>
      {peers.length === 0 && (
        <p class="muted">No other gateway found. It can take five minutes to find one.</p>
      )}
    </section>
  );
}
