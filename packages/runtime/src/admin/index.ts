export { accessRefusal, bearerToken, namesLoopback } from './access.ts';
export type { AccessRefusal, AdminAccess } from './access.ts';
export { SECURITY_HEADERS } from './headers.ts';
export { readStaticFiles, StaticFile } from './static-files.ts';
export type { FileRequest, FileResponse } from './static-files.ts';
