import { STATUS_CODES } from 'node:http';
import { Transform } from 'node:stream';
import type { Filter, FilterRequest, FilterResponse } from '@rollcall/proxy';
import type { Format, Resolved } from '@rollcall/runtime/settings';
import type { FilterContext } from '../filter-context.ts';
import { OFF_BY_DEFAULT } from '../filter-kind.ts';
import type { FilterKind } from '../filter-kind.ts';
import { PAGE_FILE, pageFaults, pageOf, wantsHtml } from './page.ts';
import type { Page } from './page.ts';
import { addVary } from '../headers/vary.ts';

const STATUS: Format = {
  expected: 'a status such as 404, or 4xx or 5xx',
  parse: (text) => (/^(?:[45][0-9]{2}|[45]xx)$/.test(text) ? text : undefined),
};

const SETTINGS = {
  enabled: OFF_BY_DEFAULT as typeof OFF_BY_DEFAULT,
  statuses: {
    type: 'list',
    format: STATUS as typeof STATUS,
    default: ['4xx', '5xx'],
    doc: 'The statuses that have a page, such as `404` or `5xx`.',
  },
  instances: {
    type: 'boolean',
    default: false,
    doc: 'Whether pages replace error responses of instances too, unless they have no body.',
  },
  file: PAGE_FILE as typeof PAGE_FILE,
} as const;

type ErrorPageSettings = Resolved<typeof SETTINGS>;

/** Shows browsers a page in place of a problem. The status stays. */
export const ERROR_PAGES: FilterKind<typeof SETTINGS> = {
  settings: {
    type: 'group',
    settings: SETTINGS,
    reloads: true,
    perRoute: true,
    doc: 'Error pages: browsers receive HTML in place of the problem as JSON. The status stays. `true` turns them on.',
  },
  faults: ({ statuses, file }) => [
    ...(statuses.length === 0 ? [{ key: 'statuses', problem: 'is empty' }] : []),
    ...pageFaults(file),
  ],
  create: (settings, context) =>
    settings.enabled ? errorPagesFilter(settings, context) : undefined,
  describe({ statuses, instances }) {
    const whose = instances ? 'of the gateway and of instances' : 'of the gateway';
    return `shows browsers a page for ${statuses.join(', ')} ${whose}`;
  },
};

function errorPagesFilter(
  { statuses, instances, file }: ErrorPageSettings,
  { files }: FilterContext,
): Filter {
  const wanted = new Set(statuses);
  const page = pageOf(() => (file === undefined ? undefined : files.textOf(file, 'errorPages')));
  const hasPage = (status: number): boolean =>
    wanted.has(String(status)) || wanted.has(`${Math.floor(status / 100)}xx`);
  return {
    name: 'errorPages',
    onResponse(response, request) {
      const { fields, problem, status } = response;
      // An answer of another filter is none, and stays.
      if (problem === undefined || !hasPage(status)) return;
      addVary(fields, 'Accept');
      if (!wantsHtml(request)) return;
      const { title, detail } = problem;
      response.body = page({ status, title, detail, requestId: request.requestId });
      fields.set('content-type', 'text/html; charset=utf-8');
    },
    ...(instances && {
      transformResponse(response, request) {
        if (!hasPage(response.status)) return undefined;
        addVary(response.fields, 'Accept');
        return wantsHtml(request) ? replacement(page, response, request) : undefined;
      },
    }),
  };
}

/** What describes the body that a page replaces. */
const OF_BODY = ['content-encoding', 'content-language', 'etag', 'last-modified', 'accept-ranges'];

/** A transform that takes a body in, and gives the page out. */
function replacement(
  page: Page,
  { status, fields }: FilterResponse,
  request: FilterRequest,
): Transform {
  const title = STATUS_CODES[status] ?? 'Error';
  const body = page({ status, title, detail: '', requestId: request.requestId });
  for (const name of OF_BODY) fields.delete(name);
  fields.set('content-type', 'text/html; charset=utf-8');
  return new Transform({
    transform: (_chunk, _encoding, done) => done(),
    flush: (done) => done(null, body),
  });
}
