import { urlHost } from '@rollcall/client';
import type { InstanceView, ServiceView, StatusView } from '@rollcall/gateway';
import { inWords } from '../terminal/duration.ts';
import { formatTable } from '../terminal/table.ts';
import { ratesOf, totalOf } from './rates.ts';
import type { Rates } from './rates.ts';

/** The state of a gateway at one moment, by its admin API. */
export interface Sample {
  readonly status: StatusView;
  readonly services: readonly ServiceView[];
  readonly instances: readonly InstanceView[];
}

const HEAD = ['SERVICE', 'NAME', 'STATE', 'AGE', 'REQ/S', 'ERRORS', 'P50 MS', 'P99 MS'];

/** For people: a line about the gateway, and a table of its services, each followed by its instances. */
export function asLines({ status, services, instances }: Sample): string[] {
  const rows = services.flatMap((service) => {
    const own = instances
      .filter(({ announcement }) => announcement.prefix === service.prefix)
      // What needs attention first; the order is otherwise that of the gateway.
      .toSorted((a, b) => Number(a.state === 'healthy') - Number(b.state === 'healthy'));
    const rates = own.map(({ traffic }) => ratesOf(traffic, status.now));
    return [
      serviceRow(service, totalOf(rates)),
      ...own.map((instance, index) => instanceRow(instance, rates[index], status.now)),
    ];
  });
  const table = rows.length === 0 ? ['no services'] : formatTable(HEAD, rows).split('\n');
  return [headline(status), '', ...table];
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
      key: instance.key,
      state: instance.state,
      since: new Date(instance.since).toISOString(),
      ...ratesOf(instance.traffic, status.now),
    })),
  });
}

/** In capitals when the gateway is not connected, because its table may be out of date. */
function headline({ gateway, discovery, now, services, instances }: StatusView): string {
  const since = inWords(now - discovery.since);
  const link = {
    connected: `connected to ${gateway.server} for ${since}`,
    disconnected: `DISCONNECTED from ${gateway.server} for ${since}: routing by the last known table`,
    expired: `DISCONNECTED from ${gateway.server} for ${since}: NO VALID TABLE`,
  }[discovery.state];
  return `${gateway.url}  ${link}  ${services} services, ${instances} instances`;
}

function serviceRow(service: ServiceView, rates?: Rates): string[] {
  const { prefix, routable, instances, isSuspect } = service;
  const routed = `${routable} of ${instances} receive traffic${isSuspect ? ', all suspect' : ''}`;
  return [prefix || '/', '', routed, '', ...figures(rates)];
}

function instanceRow(instance: InstanceView, rates: Rates | undefined, now: number): string[] {
  const { address, port, name = '-' } = instance.announcement;
  const place = `  ${urlHost(address)}:${port}`;
  return [place, name, stateOf(instance), inWords(now - instance.since), ...figures(rates)];
}

/** Such as `ejected by 1 of 2`: with workers, each of them ejects for itself. */
function stateOf({ state, ejection }: InstanceView): string {
  if (state !== 'ejected' || ejection === undefined || ejection.processes === ejection.of)
    return state;
  return `${state} by ${ejection.processes} of ${ejection.of}`;
}

function figures(rates: Rates | undefined): string[] {
  if (rates === undefined) return ['-', '-', '-', '-'].map(right);
  const { requestsPerSecond, errors, p50, p99 } = rates;
  const percent = `${(errors * 100).toFixed(errors > 0 && errors < 0.1 ? 1 : 0)} %`;
  return [requestsPerSecond.toFixed(1), percent, milliseconds(p50), milliseconds(p99)].map(right);
}

function milliseconds(value: number | undefined): string {
  return value === undefined ? '-' : value.toFixed(value < 10 ? 1 : 0);
}

function right(text: string): string {
  return text.padStart('P50 MS'.length);
}
