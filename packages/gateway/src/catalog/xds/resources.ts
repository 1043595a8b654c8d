import { passing } from '../catalog.ts';
import type { CatalogInstance, CatalogService } from '../catalog.ts';

// Objects in protobuf.js' form: `@type` marks a google.protobuf.Any.

const TYPE = 'type.googleapis.com/envoy.';
const LISTENER = `${TYPE}config.listener.v3.Listener`;
const ROUTES = `${TYPE}config.route.v3.RouteConfiguration`;
const CLUSTER = `${TYPE}config.cluster.v3.Cluster`;
const ENDPOINTS = `${TYPE}config.endpoint.v3.ClusterLoadAssignment`;
const CONNECTION_MANAGER = `${TYPE}extensions.filters.network.http_connection_manager.v3.HttpConnectionManager`;
const ROUTER = `${TYPE}extensions.filters.http.router.v3.Router`;

const FROM_ADS = { ads: {}, resource_api_version: 'V3' };

export interface Resource {
  readonly '@type': string;
  readonly [field: string]: unknown;
}

export interface ResourceType {
  readonly url: string;
  /** Whether a response holds every resource, so that a missing one is deleted. */
  readonly isWhole: boolean;
  /** Whether a request without names asks for all. Listeners are for gRPC clients, which give names. */
  readonly hasWildcard: boolean;
  readonly of: (service: CatalogService) => Resource;
}

/**
 * In the order in which changes are sent, so that a resource is there before others refer to it. A service is a listener,
 * a route configuration, a cluster and its endpoints, all with the same name.
 */
export const RESOURCE_TYPES: readonly ResourceType[] = [
  { url: CLUSTER, isWhole: true, hasWildcard: true, of: cluster },
  { url: ENDPOINTS, isWhole: false, hasWildcard: false, of: endpoints },
  { url: LISTENER, isWhole: true, hasWildcard: false, of: listener },
  { url: ROUTES, isWhole: false, hasWildcard: false, of: routes },
];

function listener({ name }: CatalogService): Resource {
  const manager = {
    '@type': CONNECTION_MANAGER,
    stat_prefix: name,
    rds: { config_source: FROM_ADS, route_config_name: name },
    http_filters: [{ name: 'router', typed_config: { '@type': ROUTER } }],
  };
  return { '@type': LISTENER, name, api_listener: { api_listener: manager } };
}

function routes({ name }: CatalogService): Resource {
  const all = { match: { prefix: '' }, route: { cluster: name } };
  return { '@type': ROUTES, name, virtual_hosts: [{ name, domains: ['*'], routes: [all] }] };
}

function cluster({ name }: CatalogService): Resource {
  const config = { eds_config: FROM_ADS };
  return {
    '@type': CLUSTER,
    name,
    type: 'EDS',
    eds_cluster_config: config,
    lb_policy: 'ROUND_ROBIN',
  };
}

/** Groups the endpoints by zone, each with the total weight of its instances. */
function endpoints(service: CatalogService): Resource {
  const zones = new Map<string, CatalogInstance[]>();
  for (const instance of uniqueEndpoints(passing(service))) {
    const { zone = '' } = instance.announcement;
    zones.set(zone, [...(zones.get(zone) ?? []), instance]);
  }
  return {
    '@type': ENDPOINTS,
    cluster_name: service.name,
    endpoints: [...zones].map(([zone, instances]) => ({
      locality: { zone },
      lb_endpoints: instances.map(endpoint),
      load_balancing_weight: { value: instances.reduce((sum, each) => sum + weightOf(each), 0) },
    })),
  };
}

function endpoint(instance: CatalogInstance): object {
  const { address, port } = instance.announcement;
  return {
    endpoint: { address: { socket_address: { address, port_value: port } } },
    load_balancing_weight: { value: weightOf(instance) },
  };
}

/** Clients reject a cluster that has the same address twice. */
function uniqueEndpoints(instances: readonly CatalogInstance[]): Iterable<CatalogInstance> {
  return new Map(
    instances.map((each) => [`${each.announcement.address} ${each.announcement.port}`, each]),
  ).values();
}

function weightOf({ announcement }: CatalogInstance): number {
  return announcement.weight ?? 1;
}
