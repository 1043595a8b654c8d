import type { JSX } from 'preact';
import type { AdminAction } from '../model/admin-action.ts';
import type { AdminActions } from './use-admin-actions.ts';

interface ActionButtonProps {
  readonly action: AdminAction;
  readonly actions: AdminActions;
}

export function ActionButton({ action, actions }: ActionButtonProps): JSX.Element {
  const { label, target, title, path } = action;
  return (
    <button
      class="action"
      type="button"
      aria-busy={actions.busy === path}
      aria-label={`${label} ${target}`}
      title={title}
      onClick={() => actions.start(action)}
    >
      {label}
    </button>
  );
}
