import { isIP } from 'node:net';
import { isLoopbackName } from '@rollcall/protocol';
import { hostOf } from '../routing/domain.ts';

/** The part of a configuration that names hosts. */
interface Sites {
  readonly domain?: string | undefined;
  readonly routes: Readonly<Record<string, unknown>>;
}

/** Returns the names in a configuration that a certificate can be ordered for, each once. */
export function certificateNames({ domain = '', routes }: Sites): string[] {
  const hosts = [
    ...domain.split(',').map((host) => hostOf(host.trim())),
    // Of `api.example.com/v1`. A prefix without a host begins with its slash.
    ...Object.keys(routes).map((key) => hostOf(key.slice(0, key.indexOf('/')))),
  ];
  return [...new Set(hosts.filter((host) => host !== undefined && isOrderable(host)))] as string[];
}

/** Whether HTTP-01 and TLS-ALPN-01 can prove the name. They prove no wildcard. */
function isOrderable(host: string): boolean {
  return (
    host.includes('.') &&
    !host.includes('*') &&
    isIP(host) === 0 &&
    !host.startsWith('[') &&
    !isLoopbackName(host)
  );
}
