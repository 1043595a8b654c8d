import type { Filter } from '@rollcall/proxy';
import type { Resolved } from '@rollcall/runtime/settings';
import { filterProblem } from '../../problem.ts';
import type { FilterContext } from '../filter-context.ts';
import { OFF_BY_DEFAULT } from '../filter-kind.ts';
import type { FilterKind } from '../filter-kind.ts';
import { PAGE_FILE, pageFaults, pageOf, wantsHtml } from './page.ts';

const SETTINGS = {
  enabled: OFF_BY_DEFAULT as typeof OFF_BY_DEFAULT,
  detail: {
    type: 'text',
    default: 'The service is under maintenance. Try again later.',
    doc: 'The reason that clients see.',
  },
  retryAfterSeconds: {
    type: 'integer',
    unit: 'seconds',
    min: 1,
    max: 604_800,
    default: 300,
    doc: 'When clients may try again: `Retry-After`.',
  },
  file: PAGE_FILE as typeof PAGE_FILE,
} as const;

type MaintenanceSettings = Resolved<typeof SETTINGS>;

/** Answers every request with 503, and sends none to an instance. */
export const MAINTENANCE: FilterKind<typeof SETTINGS> = {
  settings: {
    type: 'group',
    settings: SETTINGS,
    reloads: true,
    perRoute: true,
    doc: 'Maintenance: every request is answered with 503 `maintenance`, and none reaches an instance. `true` turns it on.',
  },
  faults: ({ file }) => pageFaults(file),
  create: (settings, context) =>
    settings.enabled ? maintenanceFilter(settings, context) : undefined,
  describe: ({ retryAfterSeconds }) =>
    `answers 503 maintenance, to be tried again after ${retryAfterSeconds} s`,
};

function maintenanceFilter(
  { detail, retryAfterSeconds, file }: MaintenanceSettings,
  { files }: FilterContext,
): Filter {
  const problem = filterProblem('maintenance', detail);
  const { status, title } = problem;
  const page = pageOf(() => (file === undefined ? undefined : files.textOf(file, 'maintenance')));
  const fields = [
    ['retry-after', String(retryAfterSeconds)],
    ['vary', 'Accept'],
  ] as const;
  const html = [
    ['content-type', 'text/html; charset=utf-8'],
    ['cache-control', 'no-store'],
  ] as const;
  return {
    name: 'maintenance',
    onRequest(request) {
      if (!wantsHtml(request)) return { problem, fields };
      const body = page({ status, title, detail, requestId: request.requestId });
      return { status, fields: [...html, ...fields], body };
    },
  };
}
