import type { CatalogOptions } from '@rollcall/gateway';
import { optionalPort, wholeNumber } from './options.ts';

export interface CatalogFlags {
  readonly dnsPort?: string;
  readonly dnsDomain?: string;
  readonly dnsTtl?: string;
  readonly xdsPort?: string;
}

/** Where a gateway serves its catalog besides the admin port, by flags and environment. */
export function catalogOptions(flags: CatalogFlags, env: NodeJS.ProcessEnv): CatalogOptions {
  const dnsPort = optionalPort([
    ['--dns-port', flags.dnsPort],
    ['ROLLCALL_DNS_PORT', env['ROLLCALL_DNS_PORT']],
  ]);
  const dnsDomain = flags.dnsDomain ?? (env['ROLLCALL_DNS_DOMAIN'] || undefined);
  const ttlName = flags.dnsTtl === undefined ? 'ROLLCALL_DNS_TTL' : '--dns-ttl';
  const dnsTtl = flags.dnsTtl ?? (env['ROLLCALL_DNS_TTL'] || undefined);
  const xdsPort = optionalPort([
    ['--xds-port', flags.xdsPort],
    ['ROLLCALL_XDS_PORT', env['ROLLCALL_XDS_PORT']],
  ]);
  return {
    ...(dnsPort !== undefined && { dnsPort }),
    ...(dnsDomain !== undefined && { dnsDomain }),
    ...(dnsTtl !== undefined && { dnsTtl: wholeNumber(ttlName, dnsTtl, { min: 0, max: 86_400 }) }),
    ...(xdsPort !== undefined && { xdsPort }),
  };
}
