export {
  accessRefusal,
  bearerToken,
  challengeOf,
  describeMissingScope,
  isReading,
  namesLoopback,
} from './access.ts';
export type { AccessRefusal, AdminAccess } from './access.ts';
export { ADMIN_NAME, AdminTokens, adminTokensOf, hashToken } from './tokens.ts';
export type { AdminToken, AdminTokenSettings, Caller } from './tokens.ts';
export { adminTokenFaults } from './token-faults.ts';
export { TOKEN_EXPIRY, TOKEN_FILE, TOKEN_HASH } from './settings.ts';
export { SECURITY_HEADERS } from './headers.ts';
export { readStaticFiles, StaticFile } from './static-files.ts';
export type { FileRequest, FileResponse } from './static-files.ts';
