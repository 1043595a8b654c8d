import { CLOSE_CODES } from '@rollcall/protocol/pusher';
import type { App } from './app.ts';
import type { Apps } from './apps.ts';
import { parseTarget } from './target.ts';

/** Why a WebSocket is closed again as soon as it is open. */
export interface HandshakeError {
  readonly code: number;
  readonly message: string;
}

const PROTOCOL = '7';

/** The app that a WebSocket's URL, `/app/KEY?protocol=7`, asks for. */
export function readHandshake(apps: Apps, url: string | undefined): App | HandshakeError {
  const { path, query } = parseTarget(url);
  const key = /^\/app\/([^/]+)$/.exec(path)?.[1];
  if (key === undefined) return refuse(CLOSE_CODES.pathNotFound, 'the path must be /app/KEY');

  const protocol = query.get('protocol');
  if (!protocol) {
    return refuse(CLOSE_CODES.noProtocol, `no protocol version; add ?protocol=${PROTOCOL}`);
  }
  if (!/^\d+$/.test(protocol)) {
    return refuse(CLOSE_CODES.badVersion, 'the protocol version must be a number');
  }
  if (protocol !== PROTOCOL) {
    return refuse(
      CLOSE_CODES.unsupportedProtocol,
      `this protocol version is not supported; use ${PROTOCOL}`,
    );
  }
  return apps.byKey(key) ?? refuse(CLOSE_CODES.unknownApp, 'there is no app with this key');
}

function refuse(code: number, message: string): HandshakeError {
  return { code, message };
}
