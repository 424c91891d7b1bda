/**
 * What transports over sockets share, for their authors: base URLs, headers, credentials, proxies,
 * TLS settings, the guard of addresses, and what failures of sockets mean. It is an entry of its own,
 * because a client over another wire needs none of it. Nothing here needs Node.
 */
export { addToMessage } from '../errors/add-to-message.ts';
export {
  type AuthHeaders,
  type AuthOptions,
  type AuthRefresh,
  expectedAuth,
  readAuth,
  type SecretSource,
} from './auth.ts';
export { authenticate } from './authenticate.ts';
export { BaseUrl, resolveUrl } from './base-url.ts';
export { ChunkCopies, type ChunkMemory, type CopyableBytes } from './chunk-copies.ts';
export { ConnectFault } from './connect-fault.ts';
export { type AuthScheme, Credentials } from './credentials.ts';
export {
  type ProxiesByScheme,
  proxyFor,
  type ProxyOption,
  type ProxyRoutes,
  readProxy,
} from './proxy.ts';
export type { ProxyServer } from './proxy-server.ts';
export {
  checkHeaderName,
  checkHeaderValue,
  type HeadersInit,
  type HeaderValue,
  normalizeHeaders,
} from './request-headers.ts';
export {
  BROKEN,
  dnsFailure,
  type FailureRule,
  socketFailureRule,
  tlsFailure,
} from './socket-failure.ts';
export {
  type AllowTarget,
  checkLiteral,
  guardedLookup,
  type Lookup,
  type ResolvedAddress,
  safeLookup,
  type TargetAddress,
} from './target-guard.ts';
export {
  type Pem,
  prepareTls,
  type SecureContextFacts,
  type TlsConnectOptions,
  type TlsOptions,
  type TlsSettings,
  tlsSettings,
} from './tls.ts';
