import type { AppCounts, AppView } from '@rollcall/broker';
import type { JSX } from 'preact';

const NAMES = ['connections', 'channels', 'members'] as const;

/** What an app holds: on all nodes, and on this one. */
export function Counts({
  app,
  hasPeers,
}: {
  readonly app: AppView;
  readonly hasPeers: boolean;
}): JSX.Element {
  const { allNodes, thisNode } = app;
  return (
    <dl class="counts">
      {NAMES.map((name: keyof AppCounts) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd class="number">{allNodes[name].toLocaleString('en')}</dd>
          {hasPeers && (
            <dd class="muted number">{thisNode[name].toLocaleString('en')} on this node</dd>
          )}
        </div>
      ))}
    </dl>
  );
}
