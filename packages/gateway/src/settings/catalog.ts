import { DNS_ZONE } from './formats.ts';

/** Where the table is served by DNS and xDS. */
export const CATALOG_SETTINGS = {
  dnsPort: {
    type: 'port',
    example: 5353,
    flag: '--dns-port <port>',
    env: 'ROLLCALL_DNS_PORT',
    doc: 'Port of the DNS server on 127.0.0.1, by UDP and TCP. 0 lets the system choose.',
  },
  dnsDomain: {
    type: 'text',
    format: DNS_ZONE as typeof DNS_ZONE,
    default: 'rollcall',
    flag: '--dns-domain <domain>',
    env: 'ROLLCALL_DNS_DOMAIN',
    doc: 'Zone of the DNS server.',
  },
  dnsTtl: {
    type: 'integer',
    min: 0,
    max: 86_400,
    unit: 'seconds',
    default: 1,
    flag: '--dns-ttl <seconds>',
    env: 'ROLLCALL_DNS_TTL',
    doc: 'How long others may cache a DNS answer.',
  },
  xdsPort: {
    type: 'port',
    example: 18_000,
    flag: '--xds-port <port>',
    env: 'ROLLCALL_XDS_PORT',
    doc: 'Port of the xDS server on 127.0.0.1. 0 lets the system choose.',
  },
} as const;
