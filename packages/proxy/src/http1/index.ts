// The parser of request heads, for other servers that accept what the proxy accepts and nothing else.
export { fieldValue } from './fields.ts';
export { parseRequest } from './request.ts';
export type { Http1Request, Refused } from './request.ts';
