// A pooled HTTP client and transport on undici: one deadline over everything, retries that are safe,
// streams that cannot end quietly. `createHttpClient()` makes a client with a method for each verb;
// `httpTransport()` is the wire alone, for clients and layers of your own.
export { BaseUrl } from './base-url.ts';
export type { ByteStream } from './byte-stream.ts';
export { fileFromPath, type FileSource } from './file-source.ts';
export type { FilePart, MultipartInit, MultipartValue } from './multipart.ts';
export type { Params, ParamValue } from './params.ts';
export type { BodyInit, ReplayableBody } from './request-body.ts';
export type { HeadersInit, HeaderValue } from './request-headers.ts';
export { type HttpMethod, type HttpRequestInit, prepareHttpRequest } from './request-init.ts';
export { type HttpTransport, httpTransport } from './http-transport.ts';
export { httpTransportFactory } from './http-transport-factory.ts';
export type {
  HttpTransportOptions,
  HttpTransportSettings,
  PoolOptions,
  RedirectOptions,
} from './options.ts';
export type { PoolStats } from './origin-pool.ts';
export type { ProxiesByScheme, ProxyOption } from './proxy.ts';
export type { AllowTarget, TargetAddress } from './target-guard.ts';
export type { Pem, TlsOptions } from './tls.ts';
export type { AuthHeaders, AuthOptions, AuthRefresh, SecretSource } from './auth.ts';
export type { Download, DownloadOptions, DownloadProgress } from './download.ts';
export {
  createHttpClient,
  type HttpClient,
  type HttpStreamOptions,
  type SafeHttpClient,
  type SafeVerbs,
} from './http-client.ts';
export { httpClientSettings, type HttpClientOptions } from './http-client-options.ts';
export type { BodyVerb, HttpCallOptions, HttpRequestParts, HttpVerbs, Verb } from './http-verbs.ts';
export type { HttpRequestTrace } from './trace-calls.ts';
export type { SlowCall } from './watch-slow-calls.ts';
