export { BaseUrl } from './base-url.ts';
export type { ByteStream } from './byte-stream.ts';
export { fileFromPath, type FileSource } from './file-source.ts';
export type { FilePart, MultipartInit, MultipartValue } from './multipart.ts';
export type { Params, ParamValue } from './params.ts';
export type { BodyInit, ReplayableBody } from './request-body.ts';
export type { HeadersInit, HeaderValue } from './request-headers.ts';
export { type HttpMethod, type HttpRequestInit, prepareHttpRequest } from './request-init.ts';
