import { urlHost } from '@rollcall/protocol';
import type { InstanceView, ServiceView, StatusView } from '@rollcall/gateway';
import { inWords } from '../terminal/duration.ts';
import { counted } from '../terminal/counted.ts';
import type { Line, Span } from '../terminal/line.ts';
import { stateSpan } from '../terminal/state.ts';
import { tableOf } from '../terminal/table.ts';
import { matches, rank, sorted } from './order.ts';
import type { Row, SortKey } from './order.ts';
import { ratesOf, totalOf } from './rates.ts';
import type { Rates } from './rates.ts';

/** The state of a gateway at one moment, by its admin API. */
export interface Sample {
  readonly status: StatusView;
  readonly services: readonly ServiceView[];
  readonly instances: readonly InstanceView[];
}

const HEAD = ['SERVICE', 'NAME', 'STATE', 'AGE', 'REQ/S', 'ERRORS', 'P50 MS', 'P99 MS'];

/** What of a sample is shown, and in which order. */
export interface Choice {
  readonly sort: SortKey;
  /** Text that an instance must have; empty for all. */
  readonly filter: string;
}

export const EVERYTHING: Choice = { sort: 'state', filter: '' };

/** For people: lines about the gateway with the titles of a table, and its rows: each service, followed by its instances. */
export function viewOf(
  { status, services, instances }: Sample,
  { sort, filter }: Choice,
): { head: Line[]; rows: Line[] } {
  const groups = services.map((service) => {
    const own = instances
      .filter(({ announcement }) => announcement.prefix === service.prefix)
      .map((instance): Row => ({ instance, rates: ratesOf(instance.traffic, status.now) }));
    return { service, own: sorted(own, sort), total: totalOf(own.map(({ rates }) => rates)) };
  });
  const rows = groups
    // A service stands where the first of its instances does.
    .toSorted((a, b) => rankOfFirst(b.own, sort) - rankOfFirst(a.own, sort))
    .flatMap(({ service, own, total }) => {
      const shown = own.filter(({ instance }) => matches(instance, filter));
      if (shown.length === 0 && filter !== '') return [];
      return [serviceRow(service, total), ...shown.map((row) => instanceRow(row, status.now))];
    });
  const [titles = [], ...body] = tableOf(HEAD, rows);
  const none = [filter === '' ? 'no services' : `no instance has "${filter}"`];
  const isEmpty = rows.length === 0;
  return { head: [...headlines(status), [], isEmpty ? none : titles], rows: body };
}

function rankOfFirst([first]: readonly Row[], sort: SortKey): number {
  return first === undefined ? -Infinity : rank(first, sort);
}

/** For programs: one object, on one line. */
export function asJson({ status, instances }: Sample): string {
  return JSON.stringify({
    time: new Date(status.now).toISOString(),
    gateway: status.gateway.url,
    discovery: status.discovery.state,
    instances: instances.map((instance) => ({
      prefix: instance.announcement.prefix,
      address: instance.announcement.address,
      port: instance.announcement.port,
      name: instance.announcement.name,
      version: instance.announcement.version,
      key: instance.key,
      state: instance.state,
      since: new Date(instance.since).toISOString(),
      ...ratesOf(instance.traffic, status.now),
    })),
  });
}

/** In capitals when the gateway is not connected, because its table may be out of date. */
function headlines({ gateway, discovery, now, services, instances }: StatusView): Line[] {
  const since = inWords(now - discovery.since);
  const link = {
    connected: `connected to ${gateway.server} for ${since}`,
    disconnected: `DISCONNECTED from ${gateway.server} for ${since}: routing by the last known table`,
    expired: `DISCONNECTED from ${gateway.server} for ${since}: NO VALID TABLE`,
  }[discovery.state];
  const style = discovery.state === 'connected' ? 'green' : 'red';
  const counts = `${counted(services, 'service')}, ${counted(instances, 'instance')}`;
  return [[`${gateway.url}  ${counts}`], [{ text: link, style }]];
}

function serviceRow(service: ServiceView, rates?: Rates): Line {
  const { prefix, routable, instances, isSuspect } = service;
  const routed = `${routable} of ${instances}${isSuspect ? ', all suspect' : ''}`;
  const style = routable === 0 ? 'red' : routable < instances || isSuspect ? 'yellow' : 'green';
  return [
    { text: prefix || '/', style: 'bold' },
    '',
    { text: routed, style },
    '',
    ...figures(rates),
  ];
}

function instanceRow({ instance, rates }: Row, now: number): Line {
  const { address, port, name, version } = instance.announcement;
  const place = `  ${urlHost(address)}:${port}`;
  // In one column, so that a line fits on most terminals.
  const software = [name, version].filter((each) => each !== undefined).join(' ') || '-';
  const state = stateSpan(instance.state, stateText(instance));
  return [place, software, state, inWords(now - instance.since), ...figures(rates)];
}

/** Such as `ejected by 1 of 2`: with workers, each of them ejects for itself. */
function stateText({ state, ejection }: InstanceView): string {
  if (state !== 'ejected' || ejection === undefined || ejection.processes === ejection.of)
    return state;
  return `${state} by ${ejection.processes} of ${ejection.of}`;
}

function figures(rates: Rates | undefined): Span[] {
  if (rates === undefined) return ['-', '-', '-', '-'].map(right);
  const { requestsPerSecond, errors, p50, p99 } = rates;
  const percent = `${(errors * 100).toFixed(errors > 0 && errors < 0.1 ? 1 : 0)} %`;
  const failed = right(percent);
  return [
    right(requestsPerSecond.toFixed(1)),
    errors > 0 ? { text: failed, style: 'red' } : failed,
    right(milliseconds(p50)),
    right(milliseconds(p99)),
  ];
}

function milliseconds(value: number | undefined): string {
  return value === undefined ? '-' : value.toFixed(value < 10 ? 1 : 0);
}

function right(text: string): string {
  return text.padStart('P50 MS'.length);
}
