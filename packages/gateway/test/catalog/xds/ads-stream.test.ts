import { beforeEach, describe, expect, it } from 'vitest';
import { AdsStream } from '../../../src/catalog/xds/ads-stream.ts';
import type { DiscoveryRequest } from '../../../src/catalog/xds/ads-stream.ts';
import { catalogOf, LiveTable } from '../live-table.ts';

const TYPE = 'type.googleapis.com/envoy.config.';
const LDS = `${TYPE}listener.v3.Listener`;
const RDS = `${TYPE}route.v3.RouteConfiguration`;
const CDS = `${TYPE}cluster.v3.Cluster`;
const EDS = `${TYPE}endpoint.v3.ClusterLoadAssignment`;

let table: LiveTable;
let stream: AdsStream;
let refused: string[];
beforeEach(() => {
  table = new LiveTable();
  refused = [];
  stream = new AdsStream(
    catalogOf(table, () => 1000),
    (reason) => refused.push(reason),
  );
});

function ask(type_url: string, names: string[], response_nonce = '', error?: string) {
  const request: DiscoveryRequest = {
    type_url,
    resource_names: names,
    response_nonce,
    error_detail: error === undefined ? null : { message: error },
  };
  return stream.receive(request);
}

/** The only response of these, and the names of its resources. */
function only(responses: ReturnType<typeof ask>) {
  const [response] = responses;
  expect(responses).toHaveLength(1);
  if (response === undefined) throw new Error('no response');
  const names = response.resources.map((each) => each['name'] ?? each['cluster_name']);
  return { ...response, names };
}

const endpoint = (address: string, port_value: number, value: number) => ({
  endpoint: { address: { socket_address: { address, port_value } } },
  load_balancing_weight: { value },
});

describe('an xDS stream', () => {
  it('has all four resources of a service, under its name', () => {
    table.say('a');
    for (const type of [LDS, RDS, CDS, EDS]) expect(only(ask(type, ['v1'])).names).toEqual(['v1']);
  });

  it('has an endpoint for each routable instance, by zone', () => {
    table.say('a', { zone: 'z', address: 'fd00::1', port: 3000, weight: 3 });
    table.say('b', { zone: 'z', weight: 2 });
    table.say('twin', { zone: 'z', weight: 2 });
    table.say('c', { port: 81 });
    table.say('down', { port: 9 });
    table.probed('down', 'refused');
    expect(only(ask(EDS, ['v1'])).resources).toMatchObject([
      {
        cluster_name: 'v1',
        endpoints: [
          {
            locality: { zone: 'z' },
            lb_endpoints: [endpoint('fd00::1', 3000, 3), endpoint('10.0.0.1', 80, 2)],
            load_balancing_weight: { value: 5 },
          },
          { locality: { zone: '' }, lb_endpoints: [endpoint('10.0.0.1', 81, 1)] },
        ],
      },
    ]);
  });

  it('sends the next response only after a change', () => {
    table.say('a');
    const { nonce, version_info } = only(ask(EDS, ['v1']));
    expect(ask(EDS, ['v1'], nonce)).toEqual([]);
    expect(stream.refresh()).toEqual([]);
    table.say('b', { port: 81 });
    const next = only(stream.refresh());
    expect(next.nonce).not.toBe(nonce);
    expect(Number(next.version_info)).toBeGreaterThan(Number(version_info));
    expect(stream.refresh()).toEqual([]);
  });

  it('does not resend a rejected resource, and logs the reason', () => {
    table.say('a');
    const { nonce } = only(ask(EDS, ['v1']));
    expect(ask(EDS, ['v1'], nonce, 'no such port')).toEqual([]);
    expect(refused).toEqual(['no such port']);
    table.say('a', { port: 81 });
    only(stream.refresh());
  });

  it('ignores an acknowledgement of an earlier response', () => {
    table.say('a');
    const { nonce } = only(ask(EDS, ['v1']));
    table.say('b', { port: 81 });
    const later = only(stream.refresh());
    expect(ask(EDS, ['v1', 'v2'], nonce, 'bad')).toEqual([]);
    expect(refused).toEqual([]);
    only(ask(EDS, ['v1', 'v2'], later.nonce));
  });

  it('sends a resource requested later, without repeating others', () => {
    table.say('a');
    table.say('b', { prefix: '/v2' });
    const { nonce } = only(ask(EDS, ['v1']));
    expect(only(ask(EDS, ['v1', 'v2'], nonce)).names).toEqual(['v2']);
    // Of listeners and clusters a response has all that there are.
    const clusters = only(ask(CDS, ['v1']));
    expect(only(ask(CDS, ['v1', 'v2'], clusters.nonce)).names).toEqual(['v1', 'v2']);
  });

  it('sends a resource again that was unsubscribed and requested again', () => {
    table.say('a');
    const one = only(ask(EDS, ['v1']));
    expect(ask(EDS, [], one.nonce)).toEqual([]);
    expect(only(ask(EDS, ['v1'], one.nonce)).names).toEqual(['v1']);
  });

  it('reports an unknown service at once, and its appearance later', () => {
    expect(only(ask(LDS, ['v1'])).names).toEqual([]);
    table.say('a');
    expect(only(stream.refresh()).names).toEqual(['v1']);
  });

  it('keeps a service without instances, without endpoints', () => {
    table.say('a');
    only(ask(CDS, ['v1']));
    only(ask(EDS, ['v1']));
    table.leave('a');
    expect(only(stream.refresh()).resources).toMatchObject([{ cluster_name: 'v1', endpoints: [] }]);
  });

  it('removes the old name of a renamed service', () => {
    table.say('a', { name: 'orders' });
    only(ask(CDS, ['orders']));
    table.say('a', { name: 'other' });
    expect(only(stream.refresh())).toMatchObject({ type_url: CDS, names: [] });
  });

  it.each([[[]], [['*']]])('sends every cluster, and new ones, for %j', (names) => {
    table.say('a');
    expect(only(ask(CDS, names)).names).toEqual(['v1']);
    table.say('b', { prefix: '/v2' });
    const both = only(stream.refresh());
    expect(both.names).toEqual(['v1', 'v2']);
    expect(ask(CDS, names, both.nonce)).toEqual([]);
  });

  it('sends no listener if none is requested', () => {
    table.say('a');
    expect(only(ask(LDS, [])).names).toEqual([]);
  });

  it('sends clusters before their endpoints', () => {
    only(ask(LDS, ['v1']));
    only(ask(EDS, ['v1']));
    only(ask(RDS, ['v1']));
    only(ask(CDS, []));
    table.say('a');
    expect(stream.refresh().map(({ type_url }) => type_url)).toEqual([CDS, EDS, LDS, RDS]);
  });

  it('sends no resources of other types', () => {
    expect(ask('type.googleapis.com/envoy.service.runtime.v3.Runtime', [])).toEqual([]);
  });
});
