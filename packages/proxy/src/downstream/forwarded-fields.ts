import { isIP } from 'node:net';
import { fieldValue, without } from '../http1/fields.ts';
import { canonicalAddress } from './canonical-address.ts';
import type { ClientSocket } from '../proxy.ts';
import type { RequestHead } from '../message.ts';
import { isHost } from '../http1/target.ts';
import { DirectSocket } from '../sockets/direct-socket.ts';
import { clientCertificateOf } from './client-certificate.ts';
import type { ClientCertificate } from './client-certificate.ts';

/** The other end of a client's connection. */
export interface Peer {
  readonly address: string;
  readonly localPort: number;
  readonly protocol: 'http' | 'https';
  /** What it has proved by a certificate. */
  readonly certificate?: ClientCertificate | undefined;
}

/** Returns the other end of a client's connection. */
export function peerOf(socket: ClientSocket): Peer {
  const { remoteAddress = '', encrypted } = socket;
  const localPort = socket instanceof DirectSocket ? socket.port : (socket.localPort ?? 0);
  const protocol = encrypted === true ? 'https' : 'http';
  const address = canonicalAddress(remoteAddress) ?? remoteAddress;
  return { address, localPort, protocol, certificate: clientCertificateOf(socket) };
}

/** What the lines for the upstream are made of: it is the same for most requests of a connection. */
type Source = Pick<RequestHead, 'host' | 'forwardedFields'>;

/**
 * Where the requests of one connection come from. Whether its peer is trusted to say that they come from elsewhere is
 * decided once.
 */
export class ForwardedFields {
  readonly #peer: Peer;
  readonly #isTrusted: ((address: string) => boolean) | undefined;
  #host: string | undefined;
  #forwardedFields = '';
  #lines = '';
  #passed = '';
  #client: string;

  /** @param isTrusted see {@link ProxySettings.isTrustedProxy} */
  constructor(peer: Peer, isTrusted: (address: string) => boolean) {
    this.#peer = peer;
    this.#client = peer.address;
    this.#isTrusted = isTrusted(peer.address) ? isTrusted : undefined;
  }

  /** Returns the lines that say where the request comes from, for the upstream. */
  lines(source: Source): string {
    this.#read(source);
    return this.#lines;
  }

  /** Returns the lines of a trusted proxy that pass as they came, such as X-Forwarded-User and X-Real-IP. */
  passed(source: Source): string {
    if (this.#isTrusted === undefined || source.forwardedFields === '') return '';
    this.#read(source);
    return this.#passed;
  }

  /** Returns the address of the client: the last one on the way here that is not trusted. */
  clientAddress(source: Source): string {
    if (this.#isTrusted !== undefined) this.#read(source);
    return this.#client;
  }

  /** Whether the client used https, towards this proxy or a trusted one in front of it. */
  isSecure({ forwardedFields }: Source): boolean {
    return this.#protocol(forwardedFields) === 'https';
  }

  /** What the client of this connection has proved by a certificate. */
  get clientCertificate(): ClientCertificate | undefined {
    return this.#peer.certificate;
  }

  /** What was stripped from the path before it came here. */
  forwardedPrefix({ forwardedFields }: Source): string {
    const value = this.#trusted(forwardedFields, 'x-forwarded-prefix', PREFIX);
    if (value === undefined) return '';
    const parts = value.split(LIST);
    if (parts.some((each) => BLANK.test(each))) return '';
    return parts.map((each) => each.replace(/\/+$/, '')).join('');
  }

  /** The id that the request has already. */
  requestId({ forwardedFields }: Source): string | undefined {
    return this.#trusted(forwardedFields, 'x-request-id', REQUEST_ID);
  }

  #trusted(forwardedFields: string, name: string, shape: RegExp): string | undefined {
    if (forwardedFields === '' || this.#isTrusted === undefined) return undefined;
    const value = fieldValue(forwardedFields, name);
    return value !== undefined && shape.test(value) ? value : undefined;
  }

  #read({ host, forwardedFields }: Source): void {
    const isKnown =
      host === this.#host &&
      (this.#isTrusted === undefined || forwardedFields === this.#forwardedFields);
    if (isKnown) return;
    this.#host = host;
    this.#forwardedFields = forwardedFields;
    const { address, localPort } = this.#peer;
    const { came, named, port } = this.#said(forwardedFields);
    const way = came === undefined ? [address] : [...came.split(',').map(bareAddress), address];
    this.#client = this.#clientOn(way);
    this.#passed = this.#isTrusted === undefined ? '' : without(forwardedFields, SET_ANEW);
    this.#lines = forwardedLines({
      forwardedFor: came === undefined ? address : `${came}, ${address}`,
      way,
      host: named !== undefined && isHost(named) ? named : host,
      port: port !== undefined && PORT.test(port) ? port : String(localPort),
      protocol: this.#protocol(forwardedFields),
    });
  }

  #protocol(forwardedFields: string): string {
    if (forwardedFields === '' || this.#isTrusted === undefined) return this.#peer.protocol;
    const protocol = this.#said(forwardedFields).protocol?.toLowerCase() ?? '';
    // A WebSocket has schemes of its own, which some proxies give.
    return PROTOCOLS.get(protocol) ?? this.#peer.protocol;
  }

  /**
   * Returns what a trusted proxy says. Forwarded counts if it is all that there is, because a proxy that sets only the
   * others may pass a forged one on. Of a list, the first is what the client used.
   */
  #said(forwardedFields: string): Said {
    if (forwardedFields === '' || this.#isTrusted === undefined) return {};
    const [came, named, protocol, port] = ['for', 'host', 'proto', 'port'].map((name) =>
      fieldValue(forwardedFields, `x-forwarded-${name}`),
    );
    if (came !== undefined || named !== undefined || protocol !== undefined)
      return { came, named: firstOf(named), protocol: firstOf(protocol), port: firstOf(port) };
    const elements = forwardedElements(fieldValue(forwardedFields, 'forwarded') ?? '');
    const nodes = elements.flatMap((each) => each.get('for') ?? []);
    return {
      came: nodes.length === 0 ? undefined : nodes.join(', '),
      named: elements[0]?.get('host'),
      protocol: elements[0]?.get('proto'),
      port: firstOf(port),
    };
  }

  /** What is no address, such as `unknown` or `_hidden`, ends the way, as with nginx: what stands before it is not known. */
  #clientOn(way: readonly string[]): string {
    let client = this.#peer.address;
    for (const each of way.toReversed()) {
      const address = canonicalAddress(each);
      if (address === undefined) break;
      client = address;
      if (this.#isTrusted?.(address) !== true) break;
    }
    return client;
  }
}

/** What a trusted proxy says of the request. */
interface Said {
  /** The addresses on the way here. */
  readonly came?: string | undefined;
  readonly named?: string | undefined;
  readonly protocol?: string | undefined;
  readonly port?: string | undefined;
}

/** Set anew for each request. */
const SET_ANEW = [
  ...['for', 'host', 'port', 'proto', 'prefix'].map((each) => `x-forwarded-${each}`),
  'forwarded',
  'x-request-id',
];
const PORT = /^[0-9]{1,5}$/;
const PROTOCOLS: ReadonlyMap<string, string> = new Map([
  ['http', 'http'],
  ['https', 'https'],
  ['ws', 'http'],
  ['wss', 'https'],
]);
/** A path, or several that proxies have stripped one after the other. */
const PREFIX = /^\/[\t\x20-\x7e]{0,255}$/;
const BLANK = /[\t ]/;
const LIST = /,[ \t]*(?=\/)/;
const REQUEST_ID = /^[\x21-\x7e]{1,200}$/;

function firstOf(list: string | undefined): string | undefined {
  return list?.split(',', 1)[0]?.trim();
}

/** Returns the parameters of each element of Forwarded (RFC 7239 §4), names in lower case, values without quotes. */
function forwardedElements(value: string): ReadonlyMap<string, string>[] {
  return (value.match(/(?:"(?:[^"\\]|\\.)*"|[^,"])+/g) ?? []).map((element) => {
    const pairs = element.matchAll(
      /(?<name>[\w-]+)=(?:"(?<quoted>(?:[^"\\]|\\.)*)"|(?<bare>[^;,\s"]*))/g,
    );
    return new Map(
      [...pairs].map(({ groups = {} }) => [
        (groups['name'] ?? '').toLowerCase(),
        groups['quoted']?.replaceAll(/\\(.)/g, '$1') ?? groups['bare'] ?? '',
      ]),
    );
  });
}

/** An entry of X-Forwarded-For without the port that some add. */
function bareAddress(entry: string): string {
  const { v6, v4 } =
    /^\[(?<v6>[^\]]*)\](?::[0-9]+)?$|^(?<v4>[0-9.]+):[0-9]+$/.exec(entry.trim())?.groups ?? {};
  return v6 ?? v4 ?? entry.trim();
}

interface ForwardedValues {
  readonly forwardedFor: string;
  /** The same as addresses, the client first. */
  readonly way: readonly string[];
  /** `''` if HTTP/1.0 came without. */
  readonly host: string;
  readonly port: string;
  readonly protocol: string;
}

/** Forwarded says what the others say, because a proxy in front that overwrites only those may pass a forged one on. */
function forwardedLines({ forwardedFor, way, host, port, protocol }: ForwardedValues): string {
  const nodes = way.map((each) => `for=${node(each)}`);
  nodes[0] += `;${host === '' ? '' : `host=${/[^\w.-]/.test(host) ? `"${host}"` : host};`}proto=${protocol}`;
  const lines = [
    `x-forwarded-for: ${forwardedFor}`,
    `x-forwarded-port: ${port}`,
    `x-forwarded-proto: ${protocol}`,
    ...(host === '' ? [] : [`x-forwarded-host: ${host}`]),
    `forwarded: ${nodes.join(', ')}`,
    '',
  ];
  // Joined, because the parts of a text that is put together by templates stay in memory with it: 700 bytes a connection.
  return lines.join('\r\n');
}

/** RFC 7239 §6. */
function node(address: string): string {
  if (isIP(address) === 0) return 'unknown';
  return address.includes(':') ? `"[${address}]"` : address;
}
