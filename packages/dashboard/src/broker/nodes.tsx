import type { BrokerStatus, ClusterState, NodeState } from '@rollcall/broker';
import type { JSX } from 'preact';
import { formatSpan } from '../model/time.ts';
import type { Tone } from '../model/tone.ts';
import { MarkedItem } from '../view/marked-item.tsx';

/** The nodes of the cluster, as this one knows them. */
export function Nodes({ status }: { readonly status: BrokerStatus }): JSX.Element {
  const { nodes, cluster, now } = status;
  return (
    <section class="gateways" aria-labelledby="nodes">
      <h2 id="nodes">Nodes</h2>
      <ul>
        {nodes.map((node) => (
          <MarkedItem
            key={node.id ?? ''}
            name={node.report?.address ?? node.id ?? 'this broker'}
            {...describeNode(node, now)}
          />
        ))}
      </ul>
      {cluster === undefined ? (
        <p class="muted">This broker is not part of a cluster.</p>
      ) : (
        <Bus cluster={cluster} now={now} />
      )}
    </section>
  );
}

function Bus({
  cluster,
  now,
}: {
  readonly cluster: ClusterState;
  readonly now: number;
}): JSX.Element {
  const { isConnected, since, engine, server, servers, waitingEvents, lostEvents } = cluster;
  const state = `${isConnected ? 'connected' : 'down'} for ${formatSpan(now - since)}`;
  const lag = `${waitingEvents} to send, ${lostEvents} lost`;
  return (
    <ul>
      <MarkedItem
        name={`${engine} ${server ?? servers.join(', ')}`}
        tone={isConnected ? 'good' : 'bad'}
        text={`the bus: ${state}; ${lag}`}
      />
    </ul>
  );
}

function describeNode(
  node: NodeState,
  now: number,
): { readonly tone: Tone; readonly text: string } {
  const { status, since, silentMs = 0, missingEvents, report } = node;
  const up = `up for ${formatSpan(now - (report?.startedAt ?? since))}`;
  const missing = missingEvents === 0 ? '' : `; ${missingEvents} events of it have not arrived`;
  switch (status) {
    case 'self':
      return { tone: 'good', text: `this node, ${up}` };
    case 'alive':
      return report === undefined
        ? { tone: 'warning', text: `alive, does not answer${missing}` }
        : { tone: 'good', text: `alive, ${up}${missing}` };
    case 'silent':
      return { tone: 'warning', text: `silent for ${formatSpan(silentMs)}${missing}` };
    case 'gone':
      return { tone: 'bad', text: `gone: silent for ${formatSpan(silentMs)}` };
  }
}
