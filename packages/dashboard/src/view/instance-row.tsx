import type { InstanceView } from '@rollcall/gateway';
import type { JSX } from 'preact';
import { forgetInstance, toggleDrain } from '../model/admin-action.ts';
import { hostPort } from '../model/host-port.ts';
import { describeState } from '../model/instance-state.ts';
import { formatExactly, formatSpan } from '../model/time.ts';
import { ActionButton } from './action-button.tsx';
import { Evidence } from './evidence.tsx';
import { Mark } from './mark.tsx';
import { TrafficCharts } from './traffic-charts.tsx';
import { useVisible } from './use-visible.ts';
import type { AdminActions } from './use-admin-actions.ts';

interface InstanceRowProps {
  readonly instance: InstanceView;
  readonly now: number;
  readonly actions: AdminActions;
}

export function InstanceRow({ instance, now, actions }: InstanceRowProps): JSX.Element {
  const { key, announcement, status, since, traffic } = instance;
  const { tone, label, meaning } = describeState(instance);
  const endpoint = hostPort(announcement);
  const [host, port] = [
    endpoint.slice(0, endpoint.lastIndexOf(':')),
    endpoint.slice(endpoint.lastIndexOf(':')),
  ];
  return (
    <li ref={useVisible(key)} class={`instance ${tone}`}>
      <div class="state" title={meaning}>
        <span class={`word ${tone}`}>
          <Mark tone={tone} /> {label}
        </span>
        <span class="muted number" title={`known since ${formatExactly(since)}`}>
          {formatSpan(now - since)} old
        </span>
      </div>
      <div class="where">
        <span class="mono">
          {host}
          <wbr />
          {port}
        </span>
        <span class="muted" title={key}>
          {detailsOf(instance)}
        </span>
      </div>
      <Evidence instance={instance} now={now} />
      <TrafficCharts traffic={traffic} />
      <div class="actions">
        <ActionButton action={toggleDrain(instance)} actions={actions} />
        {status === 'down' && <ActionButton action={forgetInstance(instance)} actions={actions} />}
      </div>
    </li>
  );
}

/** The rest of its announcement, such as `host · docker host-7/web-1 · v2 · eu-1 · weight 3 · 1a2b3c4d`; or the URL of an upstream. */
function detailsOf({ key, announcement, configuredAs }: InstanceView): string {
  const { version, zone, host, id, weight, source } = announcement;
  const words = [
    host,
    source,
    version === undefined ? undefined : `v${version}`,
    zone,
    weight === undefined || weight === 1 ? undefined : `weight ${weight}`,
    configuredAs ?? (id === undefined ? 'no id' : key.slice(0, 8)),
  ];
  return words.filter((word) => word !== undefined).join(' · ');
}
