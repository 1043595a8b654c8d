import type { StatusView } from '@rollcall/gateway';
import type { JSX } from 'preact';
import { agreementOf } from '../model/agreement.ts';
import { span } from '../model/time.ts';
import { Mark } from './mark.tsx';

/** The gateways on the channel, and whether they know the same. */
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
              this one, for {span(now - gateway.startedAt)}; answers for {gateway.domain}
            </p>
          </div>
        </li>
        {peers.map((peer) => {
          const { name, tone, text } = agreementOf(peer, now);
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
        <p class="muted">No other has been heard of. Each is, within five minutes.</p>
      )}
    </section>
  );
}
