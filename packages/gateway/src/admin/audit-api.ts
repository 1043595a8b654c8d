import { Hono } from 'hono';
import type { AuditEntry, AuditQuery } from '../audit/audit-entry.ts';
import type { AuditLog, AuditState } from '../audit/audit-log.ts';
import { json } from './json.ts';
import { problem } from './problem.ts';

/** A page of the audit log. */
export interface AuditPage {
  /** Whether the audit log outlives the gateway. */
  readonly state: AuditState;
  /** The newest first. */
  readonly entries: readonly AuditEntry[];
}

/** How many entries a response has by default, and at most. */
interface Limits {
  readonly default: number;
  readonly max: number;
}

const PAGE: Limits = { default: 100, max: 1000 };
const EXPORT: Limits = { default: Infinity, max: Infinity };
const JSON_LINES = 'application/jsonl';

/** The audit log, in pages or as JSON lines. */
export function auditApi(audit: Pick<AuditLog, 'state' | 'page' | 'export'>): Hono {
  const app = new Hono();
  app.get('/api/audit', async (c) => {
    const { format = acceptsLines(c.req.header('accept')) ? 'jsonl' : 'json', ...given } =
      c.req.query();
    if (format !== 'json' && format !== 'jsonl')
      return problem(c, 'bad-query', 'format must be json or jsonl.');
    const query = readAuditQuery(given, format === 'json' ? PAGE : EXPORT);
    if (typeof query === 'string') return problem(c, 'bad-query', query);
    if (format === 'jsonl')
      return c.body(streamOf(audit.export(query)), 200, { 'content-type': JSON_LINES });
    const page: AuditPage = { state: audit.state, entries: await audit.page(query) };
    return json(c, page);
  });
  return app;
}

function acceptsLines(accept = ''): boolean {
  return accept.split(',').some((each) => each.split(';', 1)[0]?.trim() === JSON_LINES);
}

/** Reads which entries are wanted; returns what is wrong with the query, if it is invalid. */
function readAuditQuery(
  query: Readonly<Record<string, string>>,
  limits: Limits,
): AuditQuery | string {
  const { limit = limits.default, before = Infinity } = query;
  if (!isCount(limit, limits.max)) {
    const range = limits.max === Infinity ? 'above 0' : `from 1 to ${limits.max}`;
    return `limit must be a whole number ${range}.`;
  }
  if (!isCount(before, Infinity)) return 'before must be the id of an entry.';
  return { limit: Number(limit), before: Number(before) };
}

function isCount(given: string | number, max: number): boolean {
  if (typeof given === 'number') return true;
  return /^[0-9]{1,15}$/.test(given) && Number(given) >= 1 && Number(given) <= max;
}

function streamOf(lines: AsyncGenerator<string>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { done, value } = await lines.next();
      if (done === true) controller.close();
      else controller.enqueue(encoder.encode(value));
    },
    cancel: () => void lines.return(undefined),
  });
}
