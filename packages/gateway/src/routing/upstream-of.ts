import type { Instance } from '@rollcall/client';
import { configuredName, schemeFacts } from '@rollcall/protocol';
import type { Upstream } from '@rollcall/proxy';
import { hostFor } from './host-header.ts';

/** Returns an instance as the proxy sees it. @param hostHeader see {@link hostFor} */
export function upstreamOf(instance: Instance, hostHeader: string): Upstream {
  const { key, announcement } = instance;
  const { address, port, scheme } = announcement;
  // As nearly all, and without anything to look up.
  const host = hostFor(hostHeader, instance);
  const to = host === undefined ? { key, address, port } : { key, address, port, host };
  if (scheme === undefined || scheme === 'http') return to;
  const serverName = configuredName(instance);
  const secure = { ...to, ...schemeFacts(announcement) };
  return serverName === undefined ? secure : { ...secure, serverName };
}
