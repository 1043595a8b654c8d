import type { CatalogInstance, CatalogService } from '../catalog.ts';

// The field names are Consul's. Fields that Rollcall has no value for are empty, because clients expect them.

export const DATACENTER = 'rollcall';

export interface CatalogEntry {
  readonly Node: string;
  readonly Address: string;
  readonly Datacenter: string;
  readonly ServiceID: string;
  readonly ServiceName: string;
  readonly ServiceAddress: string;
  readonly ServicePort: number;
  readonly ServiceTags: readonly string[];
  readonly ServiceMeta: Readonly<Record<string, string>>;
  readonly ServiceWeights: Weights;
}

export interface HealthEntry {
  readonly Node: {
    readonly Node: string;
    readonly Address: string;
    readonly Datacenter: string;
    readonly Meta: Readonly<Record<string, string>>;
  };
  readonly Service: {
    readonly ID: string;
    readonly Service: string;
    readonly Tags: readonly string[];
    readonly Address: string;
    readonly Port: number;
    readonly Meta: Readonly<Record<string, string>>;
    readonly Weights: Weights;
  };
  readonly Checks: readonly Check[];
}

interface Weights {
  readonly Passing: number;
  readonly Warning: number;
}

interface Check {
  readonly Node: string;
  readonly CheckID: string;
  readonly Name: string;
  readonly Status: string;
  readonly Output: string;
  readonly ServiceID: string;
  readonly ServiceName: string;
  readonly ServiceTags: readonly string[];
}

/** Returns an element of `/v1/catalog/service/:name`. */
export function catalogEntry({ name }: CatalogService, instance: CatalogInstance): CatalogEntry {
  const { announcement } = instance;
  return {
    Node: nodeOf(instance),
    Address: announcement.address,
    Datacenter: DATACENTER,
    ServiceID: instance.id,
    ServiceName: name,
    ServiceAddress: announcement.address,
    ServicePort: announcement.port,
    ServiceTags: [],
    ServiceMeta: metaOf(instance),
    ServiceWeights: weightsOf(instance),
  };
}

/** Returns an element of `/v1/health/service/:name`. */
export function healthEntry({ name }: CatalogService, instance: CatalogInstance): HealthEntry {
  const { address, port } = instance.announcement;
  const node = nodeOf(instance);
  return {
    Node: { Node: node, Address: address, Datacenter: DATACENTER, Meta: {} },
    Service: {
      ID: instance.id,
      Service: name,
      Tags: [],
      Address: address,
      Port: port,
      Meta: metaOf(instance),
      Weights: weightsOf(instance),
    },
    Checks: [
      {
        Node: node,
        CheckID: `service:${instance.id}`,
        Name: 'Rollcall',
        Status: instance.health,
        Output:
          instance.ejection === undefined
            ? instance.state
            : `${instance.state}: ${instance.ejection}`,
        ServiceID: instance.id,
        ServiceName: name,
        ServiceTags: [],
      },
    ],
  };
}

/** Rollcall knows of a machine only what its instances announce. */
function nodeOf({ announcement }: CatalogInstance): string {
  return announcement.host ?? announcement.address;
}

function metaOf({ announcement }: CatalogInstance): Record<string, string> {
  const { prefix, scheme, version, zone, meta } = announcement;
  return {
    ...meta,
    rollcall_prefix: prefix,
    ...(scheme !== undefined && { rollcall_scheme: scheme }),
    ...(version !== undefined && { rollcall_version: version }),
    ...(zone !== undefined && { rollcall_zone: zone }),
  };
}

function weightsOf({ announcement }: CatalogInstance): Weights {
  return { Passing: announcement.weight ?? 1, Warning: 1 };
}
