import type { StatusView } from '@rollcall/gateway';
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { filterInstances, groupServices } from '../model/services.ts';
import type { Action, Model } from '../model/model.ts';
import { Certificates } from './certificates.tsx';
import { Events } from './events.tsx';
import { Exposure } from './exposure.tsx';
import { Gateways } from './gateways.tsx';
import { NoServices } from './no-services.tsx';
import { Service } from './service.tsx';
import { Summary } from './summary.tsx';
import { TokenDialog } from './token-dialog.tsx';
import { useAdminActions } from './use-admin-actions.ts';

interface OverviewProps {
  readonly model: Model;
  readonly status: StatusView;
  /** The gateway's clock. */
  readonly now: number;
  readonly dispatch: (action: Action) => void;
}

/** Fewer instances fit on a screen, and need no filter. */
const FILTER_MIN_INSTANCES = 8;

export function Overview({ model, status, now, dispatch }: OverviewProps): JSX.Element {
  const [text, setText] = useState('');
  const actions = useAdminActions(status, dispatch);
  const shown = filterInstances(model.instances, text);
  const all = groupServices(model.services, shown).filter(
    ({ instances }) => text === '' || instances.length > 0,
  );
  return (
    <div class="overview">
      <section class="services" aria-labelledby="services">
        <div class="bar">
          <h1 id="services">Services</h1>
          <Summary instances={model.instances} services={model.services.length} />
          {model.instances.length >= FILTER_MIN_INSTANCES && (
            <input
              class="filter"
              type="search"
              placeholder="Filter"
              aria-label="Filter instances by address, name, zone or state"
              value={text}
              onInput={(event) => setText(event.currentTarget.value)}
            />
          )}
        </div>
        {model.services.length === 0 && <NoServices status={status} />}
        {text !== '' && all.length === 0 && <p class="muted">No instance matches “{text}”.</p>}
        {all.map((group) => (
          <Service key={group.prefix} group={group} now={now} actions={actions} />
        ))}
      </section>
      <aside>
        <Gateways status={status} now={now} />
        <Certificates status={status} now={now} />
        <Exposure />
        <Events events={model.events} />
      </aside>
      <TokenDialog actions={actions} />
    </div>
  );
}
