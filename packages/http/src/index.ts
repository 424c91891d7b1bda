// A pooled HTTP client and transport on undici: one deadline over everything, retries that are safe,
// streams that cannot end quietly. `createHttpClient()` makes a client with a method for each verb;
// `httpTransport()` is the wire alone, for clients and layers of your own.
export {
  type AllowTarget,
  type AuthHeaders,
  type AuthOptions,
  type AuthRefresh,
  BaseUrl,
  type HeadersInit,
  type HeaderValue,
  type Pem,
  type ProxiesByScheme,
  type ProxyOption,
  type SecretSource,
  type TargetAddress,
  type TlsOptions,
} from '@linkspan/core/wire';
export type { ByteStream } from './request/byte-stream.ts';
export { fileFromPath, type FileSource } from './request/file-source.ts';
export type { FilePart, MultipartInit, MultipartValue } from './request/multipart.ts';
export type { Params, ParamValue } from './request/params.ts';
export type { BodyInit, ReplayableBody } from './request/request-body.ts';
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
export { NetworkConfig, type NetworkConfigOptions } from './client/network-config.ts';
export { createFetch, type Fetch, type FetchOptions } from './fetch/create-fetch.ts';
export type { HttpRequestTrace } from './client/trace-calls.ts';
export type { SlowCall } from './client/watch-slow-calls.ts';
