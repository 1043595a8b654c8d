import { DEVELOPMENT_APP, isLoopbackName } from '@rollcall/protocol';
import type { AppOptions } from '../settings/options.ts';

/**
 * Whether a WebSocket with this `Origin` may use the app. Browsers always send it, and other clients need not: it protects
 * from web pages, not from programs. The secret of the development app is public, so any page that a developer visits could
 * register instances with it; only pages of the developer's own machine may.
 */
export function allowsOrigin(
  { secret, allowedOrigins }: Pick<AppOptions, 'secret' | 'allowedOrigins'>,
  origin: string | undefined,
): boolean {
  if (origin === undefined || allowedOrigins?.includes(origin.toLowerCase()) === true) return true;
  return secret === DEVELOPMENT_APP.secret ? isOfLoopback(origin) : allowedOrigins === undefined;
}

function isOfLoopback(origin: string): boolean {
  return URL.canParse(origin) && isLoopbackName(new URL(origin).hostname);
}
