import type { AuditEntry, AuditPage } from '@rollcall/gateway';
import { useEffect, useState } from 'preact/hooks';
import { requestJson } from '../api/client.ts';
import { mergedEntries } from '../model/audit.ts';
import { usePolled } from './use-polled.ts';

const PAGE = 50;

/** The entries of the audit log that are shown. */
export interface Audit {
  readonly state?: AuditPage['state'];
  /** The newest first. */
  readonly entries: readonly AuditEntry[];
  readonly error?: string;
  /** Whether there may be older ones. */
  readonly hasMore: boolean;
  readonly showMore: () => void;
}

/** The latest entries, as long as the page is open, and older ones on request. */
export function useAudit(): Audit {
  const { data, error: pollError } = usePolled<AuditPage>(`api/audit?limit=${PAGE}`);
  const [entries, setEntries] = useState<readonly AuditEntry[]>([]);
  const [isComplete, setComplete] = useState(false);
  const [moreError, setMoreError] = useState<Error | undefined>();
  useEffect(() => {
    if (data !== undefined) setEntries((known) => mergedEntries(known, data.entries));
  }, [data]);

  async function loadMore(): Promise<void> {
    try {
      const before = entries.at(-1)?.id ?? 1;
      const page = await requestJson<AuditPage>(`api/audit?limit=${PAGE}&before=${before}`);
      setEntries((known) => mergedEntries(known, page.entries));
      setComplete(page.entries.length < PAGE);
      setMoreError(undefined);
    } catch (error) {
      setMoreError(error as Error);
    }
  }
  const error = (pollError ?? moreError)?.message;
  return {
    ...(data !== undefined && { state: data.state }),
    entries,
    ...(error !== undefined && { error }),
    hasMore: entries.length >= PAGE && !isComplete,
    showMore: () => void loadMore(),
  };
}
