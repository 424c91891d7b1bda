// A pooled HTTP client and transport on undici: one deadline over everything, retries that are safe,
// streams that cannot end quietly. `createHttpClient()` makes a client with a method for each verb;
// `httpTransport()` is the wire alone, for clients and layers of your own.
export { BaseUrl } from './request/base-url.ts';
export type { ByteStream } from './request/byte-stream.ts';
export { fileFromPath, type FileSource } from './request/file-source.ts';
export type { FilePart, MultipartInit, MultipartValue } from './request/multipart.ts';
export type { Params, ParamValue } from './request/params.ts';
export type { BodyInit, ReplayableBody } from './request/request-body.ts';
export type { HeadersInit, HeaderValue } from './request/request-headers.ts';
export {
  type HttpMethod,
  type HttpRequestInit,
  prepareHttpRequest,
} from './request/request-init.ts';
export { type HttpTransport, httpTransport } from './http-transport.ts';
export { httpTransportFactory } from './http-transport-factory.ts';
export type {
  HttpTransportOptions,
  HttpTransportSettings,
  PoolOptions,
  RedirectOptions,
} from './options.ts';
export type { PoolStats } from './pool/origin-pool.ts';
export type { ProxiesByScheme, ProxyOption } from './proxy/proxy.ts';
export type { AllowTarget, TargetAddress } from './pool/target-guard.ts';
export type { Pem, TlsOptions } from './pool/tls.ts';
export type { AuthHeaders, AuthOptions, AuthRefresh, SecretSource } from './auth/auth.ts';
export type { Download, DownloadOptions, DownloadProgress } from './client/download.ts';
export {
  createHttpClient,
  type HttpClient,
  type HttpStreamOptions,
  type SafeHttpClient,
  type SafeVerbs,
} from './client/http-client.ts';
export { httpClientSettings, type HttpClientOptions } from './client/http-client-options.ts';
export type {
  BodyVerb,
  HttpCallOptions,
  HttpRequestParts,
  HttpVerbs,
  Verb,
} from './client/http-verbs.ts';
export type { HttpRequestTrace } from './client/trace-calls.ts';
export type { SlowCall } from './client/watch-slow-calls.ts';
