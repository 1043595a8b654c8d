import type { Catalog } from '../catalog.ts';
import { RESOURCE_TYPES } from './resources.ts';
import type { Resource, ResourceType } from './resources.ts';

export interface DiscoveryRequest {
  readonly type_url: string;
  readonly resource_names: readonly string[];
  readonly response_nonce: string;
  readonly error_detail: { readonly message: string } | null;
}

export interface DiscoveryResponse {
  readonly type_url: string;
  readonly version_info: string;
  readonly nonce: string;
  readonly resources: readonly Resource[];
}

/** What a client has received of one resource type. */
interface Subscription {
  readonly type: ResourceType;
  names: ReadonlySet<string>;
  isWildcard: boolean;
  nonce: string;
  /** As JSON, by name. */
  sent: ReadonlyMap<string, string>;
}

/**
 * One client's stream of the aggregated discovery service, state-of-the-world variant. Turns requests into
 * responses, and does no I/O.
 */
export class AdsStream {
  readonly #catalog: Catalog;
  readonly #onRefused: (reason: string) => void;
  readonly #subscriptions = new Map<string, Subscription>();
  #responses = 0;

  /** @param onRefused called with the reason if the client rejects a response */
  constructor(catalog: Catalog, onRefused: (reason: string) => void) {
    this.#catalog = catalog;
    this.#onRefused = onRefused;
  }

  receive(request: DiscoveryRequest): DiscoveryResponse[] {
    const type = RESOURCE_TYPES.find(({ url }) => url === request.type_url);
    if (type === undefined) return [];
    const known = this.#subscriptions.get(type.url);
    // The request refers to an earlier response. The client acknowledges the later one too.
    if (known !== undefined && request.response_nonce !== known.nonce) return [];
    if (known !== undefined && request.error_detail !== null)
      this.#onRefused(request.error_detail.message);

    const names = new Set(request.resource_names.filter((name) => name !== '*'));
    const subscription = known ?? { type, names, isWildcard: false, nonce: '', sent: new Map() };
    const isNew = [...names].some((name) => known?.names.has(name) !== true);
    this.#subscriptions.set(type.url, subscription);
    subscription.names = names;
    // A client that has named resources before and names none now wants none.
    const isFirst = known === undefined || known.isWildcard;
    const namesNone = request.resource_names.length === 0;
    subscription.isWildcard =
      type.hasWildcard && (request.resource_names.includes('*') || (isFirst && namesNone));
    // A resource that the client gave up is sent anew when it asks again.
    subscription.sent = new Map(
      [...subscription.sent].filter(([name]) => this.#wants(subscription, name)),
    );
    return this.#respond(subscription, known === undefined || isNew);
  }

  /** Returns what changed since the last response of each type. */
  refresh(): DiscoveryResponse[] {
    return RESOURCE_TYPES.flatMap(({ url }) => {
      const subscription = this.#subscriptions.get(url);
      return subscription === undefined ? [] : this.#respond(subscription, false);
    });
  }

  /** @param isOwed the client waits for a response, even an empty one */
  #respond(subscription: Subscription, isOwed: boolean): DiscoveryResponse[] {
    const { type, sent } = subscription;
    const current = new Map(this.#resources(subscription).map((each) => [each.name, each]));
    const changed = [...current.values()].filter(({ name, json }) => sent.get(name) !== json);
    const isLess = type.isWhole && [...sent.keys()].some((name) => !current.has(name));
    if (!isOwed && changed.length === 0 && !isLess) return [];
    subscription.sent = new Map([...current.values()].map(({ name, json }) => [name, json]));
    subscription.nonce = String(++this.#responses);
    const resources = type.isWhole ? [...current.values()] : changed;
    return [
      {
        type_url: type.url,
        version_info: String(this.#catalog.index),
        nonce: subscription.nonce,
        resources: resources.map(({ resource }) => resource),
      },
    ];
  }

  #resources(subscription: Subscription): { name: string; resource: Resource; json: string }[] {
    const { type, isWildcard, names } = subscription;
    const services = isWildcard
      ? this.#catalog.services()
      : [...names].flatMap((name) => this.#catalog.service(name) ?? []);
    return services.map((service) => {
      const resource = type.of(service);
      return { name: service.name, resource, json: JSON.stringify(resource) };
    });
  }

  #wants({ isWildcard, names }: Subscription, name: string): boolean {
    return isWildcard || names.has(name);
  }
}
