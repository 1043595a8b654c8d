import type { AuditEntry, AuditPage as Page } from '@rollcall/gateway';
import type { JSX } from 'preact';
import { auditLine } from '../model/audit.ts';
import { formatExactly } from '../model/time.ts';
import { useAudit } from './use-audit.ts';
import { hrefOf } from './use-page.ts';

/** The audit log: who changed what, when and from where. */
export function AuditPage(): JSX.Element {
  const { state, entries, error, hasMore, showMore } = useAudit();
  return (
    <article class="audit">
      <a class="back" href={hrefOf({ view: 'overview' })}>
        All services
      </a>
      <h1>Audit log</h1>
      {error !== undefined && <p class="bad">{error}</p>}
      {state !== undefined && <StateNote state={state} />}
      {state !== undefined && entries.length === 0 && <p class="muted">No changes yet.</p>}
      {entries.length > 0 && <Entries entries={entries} />}
      {hasMore && (
        <button class="more" type="button" onClick={showMore}>
          Show older
        </button>
      )}
    </article>
  );
}

function StateNote({ state }: Pick<Page, 'state'>): JSX.Element | null {
  if (state === 'failing')
    return (
      <p class="warning">
        The gateway cannot write its audit log at the moment: the latest changes are only in memory.
      </p>
    );
  if (state === 'memory')
    return <p class="muted">It is only in memory, because the gateway has no file for it.</p>;
  return null;
}

const COLUMNS = ['Time', 'Who', 'From', 'Action', 'Target', 'Result'] as const;

/** The roles are named because the table is shown as blocks on small screens, which takes them from it. */
function Entries({ entries }: { readonly entries: readonly AuditEntry[] }): JSX.Element {
  return (
    <table role="table" aria-label="Latest changes, newest first">
      <thead role="rowgroup">
        <tr role="row">
          {COLUMNS.map((title) => (
            <th key={title} role="columnheader" scope="col">
              {title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {entries.map((entry) => (
          <Row key={entry.id} entry={entry} />
        ))}
      </tbody>
    </table>
  );
}

function Row({ entry }: { readonly entry: AuditEntry }): JSX.Element {
  const { at, who, from, result, settings } = entry;
  const { action, target, detail } = auditLine(entry);
  return (
    <tr role="row">
      <td role="cell" class="time">
        <time class="mono" dateTime={new Date(at).toISOString()} title={formatExactly(at)}>
          {formatExactly(at).slice(0, 'YYYY-MM-DD hh:mm:ss'.length)}
        </time>
      </td>
      <td role="cell" class="who">
        {who ?? <span class="muted">—</span>}
      </td>
      <td role="cell" class="from mono">
        {from ?? <span class="muted">—</span>}
      </td>
      <td role="cell" class="action">
        {action}
      </td>
      <td role="cell" class="target mono">
        {target}
      </td>
      <td role="cell" class="result">
        <span class={result === 'refused' ? 'bad' : 'good'}>{result}</span>{' '}
        {detail !== '' && (
          <span class="muted" title={settings?.join('\n')}>
            {detail}
          </span>
        )}
      </td>
    </tr>
  );
}
