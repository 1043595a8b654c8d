export type { AccessLogSettings } from './access-log/entry.ts';
export type { ExplainedInstance, Explanation } from './admin/explain.ts';
export { ADMIN_PROBLEMS } from './admin/problem.ts';
export type { AdminProblemCode } from './admin/problem.ts';
export { createGateway, defaultAdminPort } from './gateway.ts';
export type { Gateway, GatewayOptions } from './gateway.ts';
export { PROBLEMS } from './problem.ts';
export type { ProblemCode } from './problem.ts';
