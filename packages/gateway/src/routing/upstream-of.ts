import type { Instance } from '@rollcall/client';
import { configuredName, schemeFacts } from '@rollcall/protocol';
import type { Upstream } from '@rollcall/proxy';

/** Returns an instance as the proxy sees it. */
export function upstreamOf(instance: Instance): Upstream {
  const { key, announcement } = instance;
  const { address, port, scheme } = announcement;
  // As nearly all, and without anything to look up.
  if (scheme === undefined || scheme === 'http') return { key, address, port };
  const serverName = configuredName(instance);
  const to = { key, address, port, ...schemeFacts(announcement) };
  return serverName === undefined ? to : { ...to, serverName };
}
