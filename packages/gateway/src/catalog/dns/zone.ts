import type { Answer, Question } from 'dns-packet';
import type { Announcement } from '@rollcall/client';
import { passing } from '../catalog.ts';
import type { Catalog, CatalogInstance, CatalogService } from '../catalog.ts';

export interface ZoneOptions {
  readonly catalog: Catalog;
  /** In lower case, with no dot at its end, such as `rollcall`. */
  readonly domain: string;
  /** How long others may keep an answer, and that there is none, in seconds. */
  readonly ttl: number;
  /** From 0 up to 1. */
  readonly random: () => number;
}

export type Rcode = 'NOERROR' | 'NXDOMAIN' | 'REFUSED';

export interface Reply {
  readonly rcode: Rcode;
  readonly answers: Answer[];
  readonly authorities: Answer[];
  /** Worth telling if there is room. */
  readonly additionals: Answer[];
}

/** The records of a name, of every type; nothing if there is no such name. */
type Records = readonly (Answer & { readonly glue?: Answer })[] | undefined;

/**
 * What this zone answers. `<service>.service.<domain>` has the addresses and ports of what the gateway
 * would use; so has `_<service>._tcp.service.<domain>` (RFC 2782), whose targets are names below the former.
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
    // RFC 8482 §4.2: whoever asks for everything gets one small thing.
    if ((type as string) === 'ANY') return { ...NOTHING, answers: [this.#refusal(name)] };
    const found = records.filter((record) => record.type === type);
    // RFC 2308 §2.2: there is such a name, and nothing of this type.
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
    // RFC 8020: a name that others are below exists.
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

  /** Also of one that is not passing: who was given its name may look it up a moment later. */
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

/** The labels of a name before its domain; nothing if it is not below that. */
function below(name: string, domain: string): readonly string[] | undefined {
  if (name === domain) return [];
  return name.endsWith(`.${domain}`) ? name.slice(0, -domain.length - 1).split('.') : undefined;
}

/**
 * The name of an instance's address: its bytes in hexadecimal, and the port, for HAProxy gives a record of
 * the additional section to no more than one target.
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

/** Fisher and Yates. */
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
