import { createJsonCodec, jsonCodec } from '../codec/json-codec.ts';
import { SerializationError } from '../errors/transport-error.ts';
import { fromBase64, toBase64 } from './base64.ts';
import { type DecodeMessageOptions, malformed, membersOf, type Message } from './message.ts';

/** A file of an {@link HttpMessage}. */
export interface HttpMessageFile {
  readonly content: Uint8Array;
  /** The file name that the peer is told. */
  readonly name?: string | undefined;
  /** Its media type. */
  readonly type?: string | undefined;
}

/** Raw content: text, bytes, or a function that makes the same stream for every attempt. */
export type HttpMessageContent = string | Uint8Array | (() => AsyncIterable<Uint8Array>);

/** What an {@link HttpMessage} is made of. */
export interface HttpMessageInit {
  /** @default 'GET' */
  readonly method?: string | undefined;
  /** A path, or an absolute URL. @default '' */
  readonly url?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Values of the query. */
  readonly params?: Readonly<Record<string, unknown>> | undefined;
  /** A value that is sent as JSON. */
  readonly json?: unknown;
  /** Fields of a form. */
  readonly form?: Readonly<Record<string, unknown>> | undefined;
  /** Files, by the name of their field. */
  readonly files?: Readonly<Record<string, HttpMessageFile>> | undefined;
  readonly content?: HttpMessageContent | undefined;
}

type HttpMessagePayload = Omit<HttpMessageInit, 'headers'> & {
  readonly method: string;
  readonly url: string;
};

/**
 * An HTTP request as a message that can be stored and sent again. Its bytes are JSON, `{"headers",
 * "payload"}`, with the form under `data`, and with bytes in base64 beside
 * `"content_encoding": "base64"`.
 */
export class HttpMessage implements Message<HttpMessagePayload> {
  static readonly contentType: string = 'application/json';

  readonly contentType: string = HttpMessage.contentType;
  readonly headers: Readonly<Record<string, string>>;
  readonly payload: HttpMessagePayload;

  constructor(init: HttpMessageInit) {
    const { method = 'GET', url = '', headers = {}, ...rest } = init;
    this.headers = headers;
    this.payload = { method, url, ...rest };
  }

  /** The request as `client.request()` of `@linkspan/http` takes it. */
  toRequest(): HttpMessagePayload & {
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: HttpMessageContent;
  } {
    const { content, ...rest } = this.payload;
    return { ...rest, headers: this.headers, ...(content !== undefined && { body: content }) };
  }

  /** @throws SerializationError also when the content is a function: a stream cannot be stored. */
  toBytes(): Uint8Array {
    const { method, url, params, json, form, files, content } = this.payload;
    const payload = {
      method,
      url,
      params,
      json,
      data: form,
      files: files && writeFiles(files),
      ...(content !== undefined && writeContent(content)),
    };
    return jsonCodec.encode({ headers: this.headers, payload });
  }

  /** Reads a message. */
  static decode(bytes: Uint8Array, options?: DecodeMessageOptions): HttpMessage {
    const codec = options?.maxBytes === undefined ? jsonCodec : createJsonCodec(options);
    const { headers = {}, payload = {} } = membersOf(codec.decode(bytes), 'it');
    const {
      method = 'GET',
      url = '',
      params,
      json,
      data,
      files,
      ...rest
    } = membersOf(payload, "its 'payload'");
    if (typeof method !== 'string') throw malformed("expected its 'method' to be a string");
    if (typeof url !== 'string') throw malformed("expected its 'url' to be a string");
    return new HttpMessage({
      method,
      url,
      headers: readHeaders(headers),
      ...(isPresent(params) && { params: membersOf(params, "its 'params'") }),
      ...(json !== undefined && { json }),
      ...(isPresent(data) && { form: membersOf(data, "its 'data'") }),
      ...(isPresent(files) && { files: readFiles(files) }),
      ...(isPresent(rest['content']) && { content: readContent(rest, "its 'content'") }),
    });
  }
}

/** Other writers put `null` where nothing is. */
function isPresent(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function readHeaders(value: unknown): Readonly<Record<string, string>> {
  const headers = membersOf(value, "its 'headers'");
  for (const [name, each] of Object.entries(headers)) {
    if (typeof each !== 'string') {
      throw malformed(
        `expected the header ${JSON.stringify(name)} to be a string, found a ${typeof each}`,
      );
    }
  }
  return headers as Readonly<Record<string, string>>;
}

interface WrittenContent {
  readonly content: string;
  readonly content_encoding: 'base64';
}

const encoder = new TextEncoder();

function writeContent(content: HttpMessageContent): WrittenContent {
  if (typeof content === 'function') {
    throw new SerializationError(
      'Cannot write the message: its content is a function that opens a stream; expected text or bytes',
    );
  }
  const bytes = typeof content === 'string' ? encoder.encode(content) : content;
  return { content: toBase64(bytes), content_encoding: 'base64' };
}

function readContent(
  members: Readonly<Record<string, unknown>>,
  what: string,
): Uint8Array | string {
  const { content, content_encoding: encoding } = members;
  if (typeof content !== 'string') throw malformed(`expected ${what} to be a string`);
  if (!isPresent(encoding)) return content;
  if (encoding !== 'base64') throw malformed(`expected the encoding of ${what} to be 'base64'`);
  const bytes = fromBase64(content);
  if (bytes === undefined) throw malformed(`expected ${what} to be base64`);
  return bytes;
}

function writeFiles(
  files: Readonly<Record<string, HttpMessageFile>>,
): Record<string, WrittenContent & Omit<HttpMessageFile, 'content'>> {
  const written = Object.entries(files).map(
    ([field, { content, ...rest }]) => [field, { ...rest, ...writeContent(content) }] as const,
  );
  return Object.fromEntries(written);
}

function readFiles(value: unknown): Record<string, HttpMessageFile> {
  const read = Object.entries(membersOf(value, "its 'files'")).map(([field, file]) => {
    const members = membersOf(file, `the file ${JSON.stringify(field)}`);
    const content = readContent(members, `the content of the file ${JSON.stringify(field)}`);
    const { name, type } = members;
    return [
      field,
      {
        content: typeof content === 'string' ? encoder.encode(content) : content,
        ...(typeof name === 'string' && { name }),
        ...(typeof type === 'string' && { type }),
      },
    ] as const;
  });
  return Object.fromEntries(read);
}
