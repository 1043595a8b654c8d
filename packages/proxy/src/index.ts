export { createProxy } from './create-proxy.ts';
export type { Certificate, TlsSettings } from './downstream/certificates.ts';
export type { ClientCertificate } from './downstream/client-certificate.ts';
export { ProxyError } from './errors.ts';
export type { ProxyErrorCode } from './errors.ts';
export { FieldAliases } from './filters/field-aliases.ts';
export { FieldSet } from './filters/field-set.ts';
export type {
  BodyTransform,
  Filter,
  FilterAnswer,
  FilterOutcome,
  FilterProblem,
  FilterRequest,
  FilterResponse,
} from './filters/filter.ts';
export { forwardTo } from './forward-to.ts';
export { cookieValue } from './http1/cookie.ts';
export { LIMITS } from './limits.ts';
export type { Limits, RouteLimits } from './limits.ts';
export { clientAddressOf } from './downstream/client-address.ts';
export { clientNetwork } from './downstream/client-network.ts';
export { ConnectionLimiter } from './downstream/connection-limiter.ts';
export type { ConnectionLimits, CountedSocket } from './downstream/connection-limiter.ts';
export { maxClientConnections, maxOpenFiles } from './downstream/open-files.ts';
export { isOwnShortage } from './upstream/own-shortage.ts';
export { nodeInternals } from './node-internals.ts';
export type { NodeInternals } from './node-internals.ts';
export { PROXY_PROBLEMS, proxyProblem } from './problems.ts';
export type { Problem, ProxyProblemCode } from './problems.ts';
export type {
  AttemptEnd,
  RequestView,
  ClientSocket,
  Decide,
  Decision,
  ReverseProxy,
  ProxyOptions,
  ProxySettings,
  RequestSummary,
  Forward,
  ListenAddress,
  Mirror,
  MirrorDrop,
  ProblemAnswer,
  Trace,
  Upstream,
} from './proxy.ts';
