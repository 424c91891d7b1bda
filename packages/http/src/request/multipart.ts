import { randomUUID } from 'node:crypto';
import { ConfigurationError, type Payload } from '@linkspan/core';
import { type ByteStream, bytesOf, isByteStream, viewOf } from './byte-stream.ts';
import type { FileSource } from './file-source.ts';
import { checkHeaderValue } from '@linkspan/core/wire';

/** A file that names itself. */
export interface FilePart {
  readonly content: string | ArrayBuffer | ArrayBufferView | Blob | ByteStream | FileSource;
  /** The file name that the peer is told. @default the name of the file or `File`, else `'file'` */
  readonly name?: string | undefined;
  /** The media type. @default that of the `Blob`, else `application/octet-stream` */
  readonly type?: string | undefined;
  /** How many bytes a stream gives, where that is known. */
  readonly byteLength?: number | undefined;
}

/** A field (text) or a file of a form. */
export type MultipartValue =
  | string
  | number
  | boolean
  | Blob
  | ArrayBuffer
  | ArrayBufferView
  | FileSource
  | FilePart;

/** The parts of a form in their order; an array repeats its name. */
export type MultipartInit =
  | FormData
  | Readonly<Record<string, MultipartValue | readonly MultipartValue[] | null | undefined>>
  | Iterable<readonly [name: string, value: MultipartValue | readonly MultipartValue[]]>;

/** A payload, and the content type that it has by itself. */
export interface EncodedBody {
  readonly payload: Payload;
  readonly contentType: string | undefined;
}

/** The content of one part, and the lines above it. */
interface Part {
  readonly head: Uint8Array;
  readonly content: Uint8Array | { readonly open: () => AsyncIterable<Uint8Array> };
  readonly byteLength: number | undefined;
  readonly replayable: boolean;
}

const encoder = new TextEncoder();
const CRLF = encoder.encode('\r\n');

/**
 * The parts as `multipart/form-data` (RFC 7578), with the names escaped as the HTML standard says, so
 * that none can end its line. The length is told when that of every part is known, and the request
 * can be sent again when every part can.
 *
 * @throws ConfigurationError when a part is of no form that a part has.
 */
export function encodeMultipart(init: MultipartInit): EncodedBody {
  const boundary = `linkspan-${randomUUID()}`;
  const parts = Array.from(multipartEntries(init), ([name, value]) =>
    encodePart(boundary, name, value),
  );
  const tail = encoder.encode(`--${boundary}--\r\n`);
  let byteLength: number | undefined = tail.byteLength;
  for (const part of parts) {
    byteLength =
      byteLength === undefined || part.byteLength === undefined
        ? undefined
        : byteLength + part.head.byteLength + part.byteLength + CRLF.byteLength;
  }
  const length = byteLength === undefined ? {} : { byteLength };
  const open = (): AsyncIterable<Uint8Array> => readParts(parts, tail);
  const payload: Payload = parts.every((part) => part.replayable)
    ? { kind: 'factory', open, ...length }
    : { kind: 'stream', stream: open(), ...length };
  return { payload, contentType: `multipart/form-data; boundary=${boundary}` };
}

async function* readParts(
  parts: readonly Part[],
  tail: Uint8Array,
): AsyncGenerator<Uint8Array, void, undefined> {
  for (const part of parts) {
    yield part.head;
    if (part.content instanceof Uint8Array) yield part.content;
    else yield* part.content.open();
    yield CRLF;
  }
  yield tail;
}

function* multipartEntries(init: MultipartInit): Generator<readonly [string, MultipartValue]> {
  const entries = Symbol.iterator in init ? init : Object.entries(init);
  for (const [name, value] of entries as Iterable<readonly [string, unknown]>) {
    for (const item of Array.isArray(value) ? value : [value]) {
      if (item !== undefined && item !== null) yield [name, item as MultipartValue];
    }
  }
}

function encodePart(boundary: string, name: string, value: MultipartValue): Part {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
    return makePart(boundary, name, { content: String(value) }, false);
  }
  if (value instanceof Blob || value instanceof ArrayBuffer || ArrayBuffer.isView(value)) {
    return makePart(boundary, name, { content: value }, true);
  }
  if (typeof value === 'object' && 'open' in value) {
    return makePart(boundary, name, { content: value }, true);
  }
  if (typeof value === 'object' && 'content' in value) {
    return makePart(boundary, name, value, true);
  }
  throw refusePart(name, `found ${typeof value}`);
}

function makePart(boundary: string, name: string, part: FilePart, isFile: boolean): Part {
  const { content } = part;
  const lines = [`--${boundary}`, `content-disposition: form-data; name="${escapeName(name)}"`];
  if (isFile) {
    const type = part.type ?? contentType(content) ?? 'application/octet-stream';
    checkHeaderValue(`content-type of the part ${JSON.stringify(name)}`, type);
    lines[1] += `; filename="${escapeName(part.name ?? contentName(content) ?? 'file')}"`;
    lines.push(`content-type: ${type}`);
  }
  const head = encoder.encode(`${lines.join('\r\n')}\r\n\r\n`);

  if (typeof content === 'string') {
    const bytes = encoder.encode(content);
    return { head, content: bytes, byteLength: bytes.byteLength, replayable: true };
  }
  if (content instanceof ArrayBuffer || ArrayBuffer.isView(content)) {
    const bytes = viewOf(content);
    return { head, content: bytes, byteLength: bytes.byteLength, replayable: true };
  }
  if (content instanceof Blob) {
    const open = (): AsyncIterable<Uint8Array> => bytesOf(content.stream());
    return { head, content: { open }, byteLength: content.size, replayable: true };
  }
  if (isByteStream(content)) {
    const open = (): AsyncIterable<Uint8Array> => bytesOf(content);
    return { head, content: { open }, byteLength: part.byteLength, replayable: false };
  }
  if (typeof content === 'object' && content !== null && typeof content.open === 'function') {
    return { head, content, byteLength: content.byteLength, replayable: true };
  }
  throw refusePart(name, `found ${content === null ? 'null' : typeof content} as its content`);
}

function contentType(content: FilePart['content']): string | undefined {
  if (typeof content !== 'object' || !('type' in content)) return undefined;
  return content.type === '' ? undefined : content.type;
}

function contentName(content: FilePart['content']): string | undefined {
  return typeof content === 'object' && 'name' in content ? content.name : undefined;
}

/** The HTML standard, "multipart/form-data encoding algorithm": quotes and line ends are escaped. */
function escapeName(name: string): string {
  return name.replaceAll('\r', '%0D').replaceAll('\n', '%0A').replaceAll('"', '%22');
}

function refusePart(name: string, found: string): ConfigurationError {
  const message = `expected text, bytes, a Blob, a file or { content, name }, ${found}`;
  return new ConfigurationError(
    `Cannot send the request: multipart part ${JSON.stringify(name)}: ${message}`,
    { issues: [{ option: `multipart.${name}`, message }] },
  );
}
