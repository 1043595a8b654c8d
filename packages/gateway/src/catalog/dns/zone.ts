import type { Answer, Question } from 'dns-packet';
import type { Announcement } from '@rollcall/client';
import { passing } from '../catalog.ts';
import type { Catalog, CatalogInstance, CatalogService } from '../catalog.ts';

export interface ZoneOptions {
  readonly catalog: Catalog;
  /** In lower case and without a trailing dot, such as `rollcall`. */
  readonly domain: string;
  /** Seconds for which resolvers may cache responses, negative ones too. */
  readonly ttl: number;
  /** Returns a number from 0 up to 1, as Math.random does. */
  readonly random: () => number;
}

export type Rcode = 'NOERROR' | 'NXDOMAIN' | 'REFUSED';

export interface Reply {
  readonly rcode: Rcode;
  readonly answers: Answer[];
  readonly authorities: Answer[];
  /** Sent if there is room. */
  readonly additionals: Answer[];
}

/** The records of a name, of every type; undefined if the name does not exist. */
type Records = readonly (Answer & { readonly glue?: Answer })[] | undefined;

/**
 * Answers queries for the zone. `<service>.service.<domain>` has the addresses and ports of the instances that receive
 * traffic. So has `_<service>._tcp.service.<domain>` (RFC 2782), whose targets are names below the former.
 */
export class Zone {
  readonly #options: ZoneOptions;

  constructor(options: ZoneOptions) {
    this.#options = options;
  }

  answer({ name, type }: Question): Reply {
    const { domain, random } = this.#options;
    const path = below(name.toLowerCase().replace(/\.$/, ''), domain);
    if (path === undefined) return { ...NOTHING, rcode: 'REFUSED' };
    const records = this.#records(path, name);
    if (records === undefined) return { ...NOTHING, rcode: 'NXDOMAIN', authorities: [this.#soa()] };
    // RFC 8482 §4.2: a query for ANY receives one small record.
    if ((type as string) === 'ANY') return { ...NOTHING, answers: [this.#refusal(name)] };
    const found = records.filter((record) => record.type === type);
    // RFC 2308 §2.2: the name exists, but has no record of this type.
    if (found.length === 0) return { ...NOTHING, authorities: [this.#soa()] };
    const answers = shuffled(found, random);
    const additionals = answers.flatMap((record) => record.glue ?? []);
    return { ...NOTHING, answers, additionals };
  }

  /** @param path the labels before the domain */
  #records(path: readonly string[], name: string): Records {
    const [first = '', second, third] = path;
    const zone = path.at(-1);
    if (path.length === 0) return [{ ...this.#soa(), name }];
    if (zone !== 'service' || path.length > 3) return undefined;
    // RFC 8020: a name exists if there are names below it.
    if (path.length === 1 || (path.length === 2 && first === '_tcp')) return [];
    if (path.length === 2) return this.#service(first, name);
    if (second === '_tcp' && third === 'service' && first.startsWith('_'))
      return this.#service(first.slice(1), name)?.filter(({ type }) => type === 'SRV');
    return this.#host(first, second ?? '', name);
  }

  #service(service: string, name: string): Records {
    const found = this.#options.catalog.service(service);
    if (found === undefined) return undefined;
    const instances = passing(found);
    const addresses = new Set(instances.map(({ announcement }) => announcement.address));
    return [
      ...[...addresses].map((address) => this.#address(name, address)),
      ...instances.map((instance) => this.#srv(name, found, instance)),
    ];
  }

  /** Finds instances that are not passing too: a client may look up a name that it received a moment ago. */
  #host(host: string, service: string, name: string): Records {
    const instances = this.#options.catalog.service(service)?.instances;
    const found = instances?.find(({ announcement }) => hostLabel(announcement) === host);
    return found === undefined ? undefined : [this.#address(name, found.announcement.address)];
  }

  #address(name: string, address: string): Answer {
    return {
      type: address.includes(':') ? 'AAAA' : 'A',
      name,
      ttl: this.#options.ttl,
      data: address,
    };
  }

  #srv(
    name: string,
    service: CatalogService,
    { announcement }: CatalogInstance,
  ): Answer & { glue: Answer } {
    const { ttl, domain } = this.#options;
    const target = `${hostLabel(announcement)}.${service.name}.service.${domain}`;
    const data = { priority: 1, weight: announcement.weight ?? 1, port: announcement.port, target };
    return { type: 'SRV', name, ttl, data, glue: this.#address(target, announcement.address) };
  }

  #soa(): Answer {
    const { domain: name, ttl, catalog } = this.#options;
    const serial = catalog.index % 2 ** 32;
    const times = { refresh: 3600, retry: 600, expire: 86_400, minimum: ttl };
    const data = { mname: name, rname: `hostmaster.${name}`, serial, ...times };
    return { type: 'SOA', name, ttl, data };
  }

  #refusal(name: string): Answer {
    return { type: 'HINFO', name, ttl: this.#options.ttl, data: { cpu: 'RFC8482', os: '' } };
  }
}

const NOTHING: Reply = { rcode: 'NOERROR', answers: [], authorities: [], additionals: [] };

/** Returns the labels of a name before the domain; undefined if it is not below the domain. */
function below(name: string, domain: string): readonly string[] | undefined {
  if (name === domain) return [];
  return name.endsWith(`.${domain}`) ? name.slice(0, -domain.length - 1).split('.') : undefined;
}

/**
 * Returns the label of an instance: its address in hexadecimal and its port. The port is part of it because HAProxy uses
 * a record of the additional section for one target only.
 */
function hostLabel({ address, port }: Announcement): string {
  return `${address.includes(':') ? hex6(address) : hex4(address)}-${port}`;
}

function hex4(address: string): string {
  return address
    .split('.')
    .map((byte) => Number(byte).toString(16).padStart(2, '0'))
    .join('');
}

function hex6(address: string): string {
  const [head = [], tail = []] = address
    .split('::')
    .map((half) => (half === '' ? [] : half.split(':')));
  const zeros = Array.from({ length: 8 - head.length - tail.length }, () => '0');
  return [...head, ...zeros, ...tail].map((group) => group.padStart(4, '0')).join('');
}

/** Fisher-Yates shuffle. */
function shuffled<T>(list: readonly T[], random: () => number): T[] {
  const result: T[] = [];
  for (const [count, each] of list.entries()) {
    const at = Math.floor(random() * (count + 1));
    const moved = result[at];
    if (moved !== undefined) result.push(moved);
    result[at] = each;
  }
  return result;
}
