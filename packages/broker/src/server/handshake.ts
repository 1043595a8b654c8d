import { quote } from '@rollcall/protocol';
import { CLOSE_CODES } from '@rollcall/protocol/pusher';
import type { App } from '../app/app.ts';
import type { Apps } from '../app/apps.ts';
import { parseTarget, pathBelow } from '../api/request-target.ts';
import { allowsOrigin } from './allows-origin.ts';
import type { UpgradeRequest } from './web-socket/upgrade.ts';

/** Why a WebSocket is closed right after it was opened. */
export interface HandshakeError {
  readonly code: number;
  readonly message: string;
}

/**
 * Hosted Pusher serves 4 and later alike, and has ended 1 to 3. The official SDKs for Java, .NET and React Native ask for 5:
 * what came after it, such as `activity_timeout`, are members of frames that they ignore.
 */
const PROTOCOLS = ['4', '5', '6', '7'];

/**
 * Returns the app that the URL of a WebSocket, `/app/KEY?protocol=7`, names.
 * @param basePath - path that the path may be below; `''` for none.
 */
export function readHandshake(
  apps: Apps,
  request: UpgradeRequest,
  basePath = '',
): App | HandshakeError {
  const { path: fullPath, query } = parseTarget(request.target);
  const path = pathBelow(basePath, fullPath);
  const key = /^\/app\/([^/]+)$/.exec(path)?.[1];
  if (key === undefined) return refuse(CLOSE_CODES.pathNotFound, 'the path must be /app/KEY');

  const protocol = new URLSearchParams(query).get('protocol');
  if (!protocol) {
    return refuse(CLOSE_CODES.noProtocol, `no protocol version; add ?protocol=7`);
  }
  if (!/^\d+$/.test(protocol)) {
    return refuse(CLOSE_CODES.badVersion, 'the protocol version must be a number');
  }
  if (!PROTOCOLS.includes(protocol)) {
    return refuse(
      CLOSE_CODES.unsupportedProtocol,
      `this protocol version is not supported; use ${PROTOCOLS.join(', ')}`,
    );
  }
  const app = apps.byKey(key);
  if (app === undefined) return refuse(CLOSE_CODES.unknownApp, 'there is no app with this key');
  if (app.options.enabled === false) return refuse(CLOSE_CODES.disabledApp, 'the app is disabled');
  const origin = request.field('origin');
  if (!allowsOrigin(app.options, origin)) {
    return refuse(CLOSE_CODES.unauthorised, `web pages of ${quote(origin)} may not use the app`);
  }
  return app.hasRoom
    ? app
    : refuse(CLOSE_CODES.overQuota, 'the app is at its limit of connections');
}

function refuse(code: number, message: string): HandshakeError {
  return { code, message };
}
