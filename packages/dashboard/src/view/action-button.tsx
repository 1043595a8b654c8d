import type { JSX } from 'preact';
import type { AdminAction } from '../model/admin-action.ts';
import type { AdminActions } from './use-admin-actions.ts';

interface ActionButtonProps {
  readonly action: AdminAction;
  readonly actions: AdminActions;
}

export function ActionButton({ action, actions }: ActionButtonProps): JSX.Element {
  const { label, target, title, path } = action;
  const refusal = actions.refusalOf(action);
  return (
    <button
      class={refusal === undefined ? 'action' : 'action dimmed'}
      type="button"
      aria-busy={actions.busy === path}
      aria-label={`${label} ${target}`}
      title={refusal ?? title}
      onClick={() => actions.start(action)}
    >
      {label}
    </button>
  );
}
